/// Waterfalls as HTML: a row for each exchange, its bar drawn as SVG that stretches with the page.
extension HTMLWriter {
    /// What the colours mean, once for all waterfalls.
    mutating func legend() {
        markup("<ul class=\"legend\">")
        for phase in Waterfall.Phase.allCases {
            markup("<li><svg viewBox=\"0 0 8 6\" aria-hidden=\"true\"><rect width=\"8\" height=\"6\"")
            attribute("class", phase.rawValue)
            markup("/></svg>")
            text(phase.words)
            markup("</li>")
        }
        markup("</ul>\n")
    }

    mutating func waterfall(_ waterfall: Waterfall) {
        markup("<figure>\n<figcaption>")
        element("h3", text: waterfall.title)
        element("p", text: waterfall.subtitle)
        markup("</figcaption>\n")
        guard !waterfall.bars.isEmpty else { return markup("</figure>\n") }
        markup("<div class=\"scroll\">")
        open("table", ("class", "bars"), ("role", "table"), ("aria-label", "Exchanges over time: \(waterfall.title)"))
        markup(
            """

            <thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader" class="num">#</th>\
            <th scope="col" role="columnheader">Exchange</th><th scope="col" role="columnheader" class="num">Status</th>\
            <th scope="col" role="columnheader" class="lane"><span class="axis">
            """)
        element("span", text: "0")
        element("span", text: Quantity.duration(waterfall.duration / 2))
        element("span", text: Quantity.duration(waterfall.duration))
        markup(
            """
            </span></th><th scope="col" role="columnheader" class="num">Time</th>\
            <th scope="col" role="columnheader" class="num size">Size</th></tr></thead>
            <tbody role="rowgroup">

            """)
        for bar in waterfall.bars { self.bar(bar, of: waterfall) }
        markup("</tbody></table></div>\n")
        if waterfall.more > 0 {
            element("p", ("class", "more"), text: "… and \(Quantity.count(waterfall.more, "exchange")) more.")
        }
        markup("</figure>\n")
    }

    private mutating func bar(_ bar: Waterfall.Bar, of waterfall: Waterfall) {
        open("tr", ("role", "row"), ("id", "x\(bar.seq)"))
        element("td", ("role", "cell"), ("class", "num dim"), text: String(bar.seq))
        markup("<td role=\"cell\" class=\"label\">")
        element("code", text: bar.label)
        markup(" ")
        element("span", ("class", "dim"), text: bar.host)
        markup("</td>")
        element("td", ("role", "cell"), ("class", bar.hasFailed ? "num bad" : "num"), text: bar.status)
        markup("<td role=\"cell\" class=\"lane\">")
        let words =
            ["starts after \(Quantity.duration(bar.start))"]
            + bar.spans.map {
                "\($0.phase.words) \(Quantity.duration($0.length))"
            }
        open(
            "svg", ("viewBox", "0 0 1000 24"), ("preserveAspectRatio", "none"), ("role", "img"),
            ("aria-label", words.joined(separator: ", ")))
        markup("<path class=\"grid\" vector-effect=\"non-scaling-stroke\" d=\"M0 0V24M500 0V24M1000 0V24\"/>")
        draw(bar, of: waterfall)
        markup("</svg></td>")
        element("td", ("role", "cell"), ("class", "num"), text: Quantity.duration(bar.length))
        element(
            "td", ("role", "cell"), ("class", "num dim size"), text: bar.bytes > 0 ? Quantity.bytes(bar.bytes) : "")
        markup("</tr>\n")
    }

    /// Thousandths of the width, at least three for what was there at all.
    private mutating func draw(_ bar: Waterfall.Bar, of waterfall: Waterfall) {
        let scale = 1_000 / Double(waterfall.duration)
        var left = Double(bar.start) * scale
        if bar.spans.isEmpty { rectangle(bar.hasFailed ? "broken" : "wait", min(left, 997), 3, y: 7, height: 10) }
        for span in bar.spans {
            let width = max(3, Double(span.length) * scale)
            rectangle(span.phase.rawValue, min(left, 1_000 - min(width, 1_000)), width, y: 7, height: 10)
            left += Double(span.length) * scale
        }
        if bar.hasFailed { rectangle("broken", min(left, 996), 4, y: 3, height: 18) }
    }

    private mutating func rectangle(_ kind: String, _ x: Double, _ width: Double, y: Int, height: Int) {
        markup("<rect")
        attribute("class", kind)
        attribute("x", Self.tenths(x))
        attribute("y", String(y))
        attribute("width", Self.tenths(width))
        attribute("height", String(height))
        markup("/>")
    }

    private mutating func attribute(_ name: StaticString, _ value: String) {
        markup(" ")
        markup(name)
        markup("=\"")
        text(value)
        markup("\"")
    }

    private static func tenths(_ value: Double) -> String {
        let tenths = Int((min(max(0, value), 1_000) * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
