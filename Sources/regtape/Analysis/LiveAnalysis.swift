import Diagnosis
import Dispatch
import Registry
import Report
import Synchronization
import TapeModel
import TapeStore

/// Judges a tape while it is written, on a thread of its own, so that whoever reads a capture need not read the tape of it
/// once more for its verdict.
///
/// What it is given are the records as they stand on the tape but for its header, so findings and verdict are those that
/// reading the tape would give. When it is slower than the writer, the writer waits: records are kept in a bounded number of batches.
final class LiveAnalysis: Sendable {
    private struct Judgement {
        var decoder = TraceDecoder()
        var engine = DiagnosisEngine(rules: RuleBook.rules)
        var contents = TapeContents()
        var notes = TraceNotes()
        /// Opened when a body is asked for: the tape is not there yet when the analysis is.
        var reader: TapeReader?
    }

    private typealias Batch = [(TapeRecord, Int64)]

    private let tape: String
    private let judgement = Mutex(Judgement())
    private let gathered = Mutex(Batch())
    private let queue = DispatchQueue(label: "regtape.analysis")
    private let room = DispatchSemaphore(value: LiveAnalysis.batches)

    private static let batchSize = 128
    private static let batches = 8

    init(tape: String) {
        self.tape = tape
    }

    /// What a recording tells of each record.
    var observer: @Sendable (TapeRecord, Int64) -> Void {
        { [self] record, seq in handle(record, seq: seq) }
    }

    /// Takes the next record; called by one thread.
    private func handle(_ record: TapeRecord, seq: Int64) {
        let batch: Batch? = gathered.withLock { gathered in
            gathered.append((record, seq))
            guard gathered.count >= Self.batchSize else { return nil }
            defer { gathered = [] }
            return gathered
        }
        guard let batch else { return }
        room.wait()
        queue.async { [self] in
            judgement.withLock { judge(batch, &$0) }
            room.signal()
        }
    }

    /// Ends the trace and gives its report.
    func report() -> TraceReport {
        let rest = gathered.withLock { gathered in
            defer { gathered = [] }
            return gathered
        }
        return queue.sync {
            judgement.withLock { judgement in
                judge(rest, &judgement)
                for event in judgement.decoder.finish() { judgement.engine.handle(event) }
                let summary = judgement.decoder.summary
                let findings = judgement.engine.finish(summary)
                judgement.notes.missingBodies = judgement.contents.missing
                return TraceReport(
                    source: tape, findings: findings, summary: summary, notes: judgement.notes,
                    rules: RuleBook.descriptions(of: Set(findings.map(\.rule))), toolVersion: ToolVersion.current)
            }
        }
    }

    private func judge(_ batch: Batch, _ judgement: inout Judgement) {
        for (record, seq) in batch {
            judgement.notes.take(record)
            let contents = judgement.contents.contents(of: record, for: judgement.decoder) {
                if judgement.reader == nil { judgement.reader = try? TapeReader(directory: tape) }
                return judgement.reader
            }
            for event in judgement.decoder.handle(record, seq: seq, contents: contents) {
                judgement.engine.handle(event)
            }
        }
    }
}

extension TraceNotes {
    /// Notes what a record says of its tape.
    mutating func take(_ record: TapeRecord) {
        isEnded = false
        switch record {
        case .end: isEnded = true
        // A tape that once held secrets holds them still.
        case .tape(let header) where redactionPolicy != "none": redactionPolicy = header.redactionPolicy
        default: break
        }
    }
}
