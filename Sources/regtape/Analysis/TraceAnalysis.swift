import Diagnosis
import Registry
import Report
import TapeModel

/// What a trace means and what is wrong with it.
enum TraceAnalysis {
    /// Reads, decodes and judges the trace at `path`.
    ///
    /// Only the last of the recordings that a tape holds, one after another, where `isLatestOnly`.
    static func report(path: String, isLatestOnly: Bool = false) throws -> TraceReport {
        try report(TraceReading(try TraceSource(path: path), name: path, isLatestOnly: isLatestOnly))
    }

    /// The same of a trace that is open.
    static func report(_ trace: OpenTrace) throws -> TraceReport { try report(TraceReading(trace)) }

    private static func report(_ trace: TraceReading) throws -> TraceReport {
        var reading = trace
        let isLatestOnly = trace.isLatestOnly
        var engine = DiagnosisEngine(rules: RuleBook.rules)
        let summary = try reading.run(
            onRecord: { record, _ in
                if isLatestOnly, case .tape = record { engine = DiagnosisEngine(rules: RuleBook.rules) }
            },
            { event in engine.handle(event) })
        let findings = engine.finish(summary)
        return TraceReport(
            source: trace.name, findings: findings, summary: summary, notes: reading.notes,
            rules: RuleBook.descriptions(of: Set(findings.map(\.rule))), toolVersion: ToolVersion.current)
    }
}

/// Findings by the records that prove them, for those who show exchanges one by one.
struct FindingIndex {
    private var findings: [Int64: [Finding]] = [:]

    init(_ all: [Finding]) {
        for finding in all {
            for seq in Set(finding.evidence.map(\.seq)) { findings[seq, default: []].append(finding) }
        }
    }

    /// What was found about this exchange or connection, the weightiest first.
    subscript(seq: Int64) -> [Finding] { findings[seq] ?? [] }
}
