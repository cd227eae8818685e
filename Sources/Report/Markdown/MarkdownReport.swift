import Diagnosis

/// The report to be pasted into a ticket.
struct MarkdownReport: Sendable {
    private var lines: [String] = []

    static func render(_ document: ReportDocument) -> String {
        var report = MarkdownReport()
        report.page(document)
        return report.lines.joined(separator: "\n") + "\n"
    }

    private mutating func page(_ document: ReportDocument) {
        lines += ["## \(MarkdownText.sentence(document.verdict.sentence))", ""]
        lines.append("Report on \(MarkdownText.code(document.source)) by \(document.tool).")
        let figures = document.figures.map { "\($0.label) \($0.value)" }
        lines += [figures.joined(separator: " · "), ""]
        for note in document.notes { lines.append("> \(MarkdownText.sentence(note))") }
        if !document.notes.isEmpty { lines.append("") }
        lines += ["### Findings", ""]
        if document.items.isEmpty { lines += ["None.", ""] }
        for (index, item) in document.items.enumerated() { finding(item, number: index + 1) }
        for section in document.sections {
            lines += ["### \(section.title)", ""]
            for block in section.blocks { self.block(block) }
        }
    }

    private mutating func finding(_ item: ReportDocument.Item, number: Int) {
        let mark =
            switch item.severity {
            case .error: "🔴"
            case .warning: "🟠"
            case .note: "🔵"
            }
        lines.append("\(number). \(mark) **\(item.severity.rawValue)**, \(item.party), \(MarkdownText.code(item.rule))")
        // Four columns keep it within the item, whatever its number.
        lines += ["    ", "    **\(MarkdownText.sentence(item.title))**"]
        if !item.detail.isEmpty { lines += ["    ", "    " + MarkdownText.sentence(item.detail)] }
        if !item.advice.isEmpty {
            lines.append("    ")
            lines += item.advice.map { "    - \(MarkdownText.sentence($0))" }
        }
        if !item.evidence.isEmpty {
            // Code, because a forge takes #8 for its own ticket.
            let proofs = item.evidence.map { MarkdownText.code("#\($0.seq) \($0.part)") }
            lines += ["    ", "    Evidence: \(proofs.joined(separator: ", "))"]
        }
        lines.append("")
    }

    private mutating func block(_ block: ReportDocument.Block) {
        switch block {
        case .sentence(let text): lines += [MarkdownText.sentence(text), ""]
        case .table(let table):
            let columns = table.columns.map { MarkdownText.cell($0.title, isCode: false) }
            row(columns)
            row(table.columns.map { $0.isNumeric ? "--:" : "---" })
            for cells in table.rows { row(cells.map { MarkdownText.cell($0.text, isCode: $0.isCode) }) }
            if table.omitted > 0 { lines += ["", "… and \(table.omitted) more."] }
            lines.append("")
        case .waterfall(let waterfall):
            lines += [
                "**\(MarkdownText.sentence(waterfall.title))**", "", MarkdownText.sentence(waterfall.subtitle), "",
            ]
            guard !waterfall.bars.isEmpty else { return }
            // Nothing in a fence is Markdown but a longer run of back-ticks.
            let drawn = TextWaterfall.lines(waterfall, width: 98, pen: Pen(isColoured: false))
            let longest = drawn.map { MarkdownText.longestRun(of: "`", in: $0) }.max() ?? 0
            let fence = String(repeating: "`", count: max(3, longest + 1))
            lines += ["\(fence)text"] + drawn + [TextWaterfall.legend, fence, ""]
            if waterfall.more > 0 { lines += ["… and \(waterfall.more) more.", ""] }
        }
    }

    private mutating func row(_ cells: [String]) {
        lines.append("| " + cells.joined(separator: " | ") + " |")
    }
}
