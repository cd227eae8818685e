import Diagnosis

/// The report as one page that needs nothing but itself.
///
/// For the engineer who gets it by mail: it opens offline, reads on a phone, follows the reader's light or dark, prints,
/// and is no danger, because it has no script and a policy that forbids any.
struct HTMLReport: Sendable {
    private let document: ReportDocument
    private var html = HTMLWriter()
    /// Exchanges that have a bar to link to.
    private let anchors: Set<Int64>

    static func render(_ document: ReportDocument) -> String {
        var report = HTMLReport(document)
        report.page()
        return report.html.output
    }

    private init(_ document: ReportDocument) {
        self.document = document
        var anchors: Set<Int64> = []
        for case .waterfall(let waterfall) in document.sections.flatMap(\.blocks) {
            anchors.formUnion(waterfall.bars.map(\.seq))
        }
        self.anchors = anchors
    }

    private mutating func page() {
        html.markup("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        html.open("meta", ("http-equiv", "Content-Security-Policy"), ("content", StyleSheet.policy))
        html.markup(
            """

            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="referrer" content="no-referrer">

            """)
        html.element("title", text: InertText.line(document.verdict.sentence, limit: 120))
        html.markup("\n<style>")
        // Trusted, and covered by the hash in the policy: it must not be escaped.
        html.styleSheet()
        html.markup("</style>\n</head>\n<body>\n<div class=\"page\">\n")
        head()
        html.markup("<main>\n")
        findings()
        for section in document.sections { self.section(section) }
        html.markup("</main>\n<footer>")
        html.text("Written by \(document.tool). This page loads nothing and runs no script.")
        html.markup("</footer>\n</div>\n</body>\n</html>\n")
    }

    private mutating func head() {
        html.markup("<header>\n<p class=\"source\">Report on ")
        html.element("code", text: document.source)
        html.markup("</p>\n<h1>")
        let standing = document.verdict.standing.rawValue
        let sentence = document.verdict.sentence
        if let colon = sentence.firstIndex(of: ":") {
            html.element("span", ("class", "standing \(standing)"), text: String(sentence[...colon]))
            html.text(String(sentence[sentence.index(after: colon)...]))
        } else {
            html.text(sentence)
        }
        html.markup("</h1>\n<dl class=\"figures\">\n")
        for figure in document.figures {
            html.markup("<div>")
            html.element("dt", text: figure.label)
            html.element("dd", text: figure.value)
            html.markup("</div>\n")
        }
        html.markup("</dl>\n")
        if !document.notes.isEmpty {
            html.markup("<ul class=\"notes\" aria-label=\"About this trace\">\n")
            for note in document.notes { html.element("li", text: note) }
            html.markup("</ul>\n")
        }
        html.markup("<nav aria-label=\"Contents\"><ul>")
        for (id, title) in [("findings", "Findings")] + document.sections.map({ ($0.id, $0.title) }) {
            html.markup("<li>")
            html.element("a", ("href", "#\(id)"), text: title)
            html.markup("</li>")
        }
        html.markup("</ul></nav>\n</header>\n")
    }

    private mutating func findings() {
        html.markup("<section aria-labelledby=\"findings\">\n<h2 id=\"findings\">Findings</h2>\n")
        if document.items.isEmpty {
            html.markup("<p class=\"calm\">No rule found anything to report.</p>\n")
        } else {
            html.markup("<ol class=\"findings\">\n")
            for item in document.items { finding(item) }
            html.markup("</ol>\n")
        }
        html.markup("</section>\n")
    }

    private mutating func finding(_ item: ReportDocument.Item) {
        html.open("li", ("class", "finding \(item.severity.rawValue)"))
        html.markup("\n<p class=\"marks\">")
        html.element("span", ("class", "badge \(item.severity.rawValue)"), text: item.severity.rawValue)
        html.markup(" ")
        html.element("span", text: "Whose doing: \(item.party)")
        html.markup(" ")
        html.element("code", text: item.rule)
        html.markup("</p>\n<h3>")
        html.sentence(item.title)
        html.markup("</h3>\n")
        if !item.detail.isEmpty {
            html.markup("<p>")
            html.sentence(item.detail)
            html.markup("</p>\n")
        }
        advice(item.advice)
        if !item.evidence.isEmpty {
            html.markup("<p class=\"evidence\">Evidence: ")
            for (index, proof) in item.evidence.enumerated() {
                if index > 0 { html.markup(", ") }
                if anchors.contains(proof.seq) {
                    html.element("a", ("href", "#x\(proof.seq)"), text: "#\(proof.seq)")
                } else {
                    html.text("#\(proof.seq)")
                }
                html.markup(" ")
                html.element("code", text: proof.part)
            }
            html.markup("</p>\n")
        }
        html.markup("</li>\n")
    }

    private mutating func advice(_ steps: [String]) {
        guard !steps.isEmpty else { return }
        html.markup("<div class=\"advice\"><h4>What to do</h4>")
        html.markup(steps.count > 1 ? "<ol>" : "<p>")
        for step in steps {
            if steps.count > 1 { html.markup("<li>") }
            html.sentence(step)
            if steps.count > 1 { html.markup("</li>") }
        }
        html.markup(steps.count > 1 ? "</ol>" : "</p>")
        html.markup("</div>\n")
    }

    private mutating func section(_ section: ReportDocument.Section) {
        html.open("section", ("aria-labelledby", section.id))
        html.element("h2", ("id", section.id), text: section.title)
        html.markup("\n")
        var needsLegend = true
        for block in section.blocks {
            switch block {
            case .sentence(let text): html.element("p", ("class", "more"), text: text)
            case .table(let table): html.table(table)
            case .waterfall(let waterfall):
                if needsLegend { html.legend() }
                needsLegend = false
                html.waterfall(waterfall)
            }
            html.markup("\n")
        }
        html.markup("</section>\n")
    }
}
