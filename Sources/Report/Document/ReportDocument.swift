import Diagnosis
import Registry
import TapeModel

/// A report as headings, tables and waterfalls: what `text`, `html` and `markdown` have in common.
///
/// Its order is the order in which a person reads: verdict, findings, then what happened, then to whom. Every string in it
/// is inert already; each form adds its own escaping.
struct ReportDocument: Sendable {
    struct Figure: Sendable, Hashable {
        var label: String
        var value: String
    }

    struct Section: Sendable {
        /// For links within the document.
        var id: String
        var title: String
        var blocks: [Block]

        fileprivate var shortened: Section {
            var section = self
            section.blocks = blocks.map { block in
                if case .table(let table) = block { .table(table.shortened) } else { block }
            }
            return section
        }
    }

    enum Block: Sendable {
        case sentence(String)
        case table(ReportTable)
        case waterfall(Waterfall)
    }

    /// A finding with its words for people.
    struct Item: Sendable {
        struct Proof: Sendable, Hashable {
            var seq: Int64
            var part: String
        }

        var rule: String
        var severity: Severity
        /// Whose fault, such as `token server`.
        var party: String
        var title: String
        var detail: String
        /// A step each.
        var advice: [String]
        var evidence: [Proof]
    }

    var source: String
    var verdict: Verdict
    var figures: [Figure]
    var notes: [String]
    var items: [Item]
    var sections: [Section]
    /// What wrote it.
    var tool: String

    init(_ report: TraceReport) {
        source = InertText.line(report.source, limit: 200)
        verdict = report.verdict
        verdict.sentence = InertText.of(report.verdict.sentence)
        figures = SummaryFigures.of(report.summary)
        notes = report.notes.sentences.map(InertText.of)
        items = report.findings.map(Item.init)
        sections = [
            WorkflowSection.section(report.summary), HostSection.section(report.summary),
            LayerSection.section(report.summary), TokenSection.section(report.summary),
            RedirectSection.section(report.summary), TLSSection.section(report.summary),
            AnomalySection.section(report.summary),
        ].compactMap(\.self).map(\.shortened)
        tool = "regtape \(report.toolVersion)"
    }
}

extension ReportDocument.Item {
    init(_ finding: Finding) {
        rule = InertText.of(finding.rule)
        severity = finding.severity
        party = finding.party.rawValue.split(separator: "-").joined(separator: " ")
        title = InertText.of(finding.title)
        detail = InertText.of(finding.detail)
        advice = finding.advice.split(separator: "\n").map { InertText.of(String($0)) }
        evidence = finding.evidence.map { Proof(seq: $0.seq, part: InertText.of($0.at)) }
    }
}

/// The head of a report in figures.
enum SummaryFigures {
    static func of(_ summary: TraceSummary) -> [ReportDocument.Figure] {
        var figures: [ReportDocument.Figure] = []
        func add(_ label: String, _ value: String) { figures.append(.init(label: label, value: value)) }
        if let started = summary.started {
            add("Started", Quantity.time(started))
            if let ended = summary.ended { add("Took", Quantity.duration(ended.microseconds(since: started))) }
        }
        add("Exchanges", String(summary.exchanges))
        add("Failed", String(summary.failures))
        add("Connections", String(summary.connections))
        add("Received", Quantity.bytes(summary.bytesReceived))
        add("Sent", Quantity.bytes(summary.bytesSent))
        return figures
    }
}
