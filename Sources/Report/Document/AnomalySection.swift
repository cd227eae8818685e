import Registry
import TapeModel

/// What was odd on the wire, and what is missing.
enum AnomalySection {
    static func section(_ summary: TraceSummary) -> ReportDocument.Section? {
        var blocks: [ReportDocument.Block] = []
        if !summary.anomalies.isEmpty {
            let counted = summary.anomalies.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            let rows = counted.map { code, count -> [ReportTable.Cell] in [.code(code), .word(String(count))] }
            blocks.append(
                .table(
                    ReportTable(
                        columns: [.init(title: "Oddity"), .init(title: "Times", isNumeric: true)], rows: rows,
                        omitted: summary.omitted["anomalies"] ?? 0, caption: "Oddities of the wire")))
        }
        blocks += summary.gaps.map { gap in
            .sentence("Not recorded at \(Quantity.time(gap.seen)): \(InertText.line(gap.reason, limit: 200))")
        }
        if let omitted = summary.omitted["gaps"], omitted > 0 {
            blocks.append(.sentence("… and \(Quantity.count(omitted, "gap")) more."))
        }
        return blocks.isEmpty ? nil : .init(id: "anomalies", title: "Anomalies", blocks: blocks)
    }
}
