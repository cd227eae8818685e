import Diagnosis

/// The report for a terminal: at most 100 columns, read from the top, understood after the first line.
struct TextReport: Sendable {
    private let document: ReportDocument
    private let width: Int
    private let pen: Pen
    private var lines: [String] = []

    /// Lines end with LF; nothing in them steers a terminal but our own colours, and those only where asked for.
    static func render(_ document: ReportDocument, width: Int, isColoured: Bool) -> String {
        var report = TextReport(
            document: document, width: min(max(width, 40), 100), pen: Pen(isColoured: isColoured))
        report.page()
        return report.lines.joined(separator: "\n") + "\n"
    }

    private init(document: ReportDocument, width: Int, pen: Pen) {
        self.document = document
        self.width = width
        self.pen = pen
    }

    private mutating func page() {
        put(document.verdict.sentence, style: Pen.style(of: document.verdict.standing))
        lines.append("")
        // A figure and its unit stay in one line.
        let figures = document.figures.map { figure in
            "\(figure.label.lowercased()) \(figure.value)".split(separator: " ").joined(separator: "\u{A0}")
        }
        for line in TextWidth.wrapped(figures.joined(separator: ", "), width: width) {
            lines.append(pen.write(line.split(separator: "\u{A0}").joined(separator: " "), .dim))
        }
        for note in document.notes { put(note, indent: 2, first: "! ", style: .warning) }
        findings()
        for section in document.sections { self.section(section) }
    }

    private mutating func findings() {
        heading("Findings")
        if document.items.isEmpty { put("none", indent: 2, style: .dim) }
        for (index, item) in document.items.enumerated() {
            if index > 0 { lines.append("") }
            let mark = "\(item.severity.rawValue)  \(item.rule)  (\(item.party))"
            put(mark, indent: 2, style: Pen.style(of: item.severity))
            put(item.title, indent: 4)
            if !item.detail.isEmpty { put(item.detail, indent: 4, style: .dim) }
            for step in item.advice { put(step, indent: 6, first: "→ ") }
            if !item.evidence.isEmpty {
                let proofs = item.evidence.map { "#\($0.seq) \($0.part)" }.joined(separator: ", ")
                put("evidence: \(proofs)", indent: 4, style: .dim)
            }
        }
    }

    private mutating func section(_ section: ReportDocument.Section) {
        heading(section.title)
        var needsLegend = true
        for (index, block) in section.blocks.enumerated() {
            if index > 0 { lines.append("") }
            switch block {
            case .sentence(let text): put(text, indent: 2)
            case .table(let table):
                lines += TextTable.lines(table, width: width - 2, pen: pen).map { "  " + $0 }
                if table.omitted > 0 { put("… and \(table.omitted) more", indent: 2, style: .dim) }
            case .waterfall(let waterfall):
                put(waterfall.title, indent: 2, style: .strong)
                put(waterfall.subtitle, indent: 2, style: .dim)
                if needsLegend { put(TextWaterfall.legend, indent: 2, style: .dim) }
                needsLegend = false
                lines += TextWaterfall.lines(waterfall, width: width - 2, pen: pen).map { "  " + $0 }
                if waterfall.more > 0 { put("… and \(waterfall.more) more", indent: 2, style: .dim) }
            }
        }
    }

    private mutating func heading(_ title: String) {
        lines.append("")
        lines.append(pen.write(title.uppercased(), .strong))
    }

    /// Wrapped text; `first` hangs before its first line.
    private mutating func put(_ text: String, indent: Int = 0, first: String = "", style: Pen.Style = .plain) {
        let wrapped = TextWidth.wrapped(text, width: width - indent)
        for (index, line) in wrapped.enumerated() {
            let lead =
                index == 0
                ? String(repeating: " ", count: indent - first.count) + first
                : String(repeating: " ", count: indent)
            lines.append(lead + pen.write(line, style))
        }
    }
}
