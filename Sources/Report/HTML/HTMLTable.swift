/// Tables as HTML: real ones for eyes and screen readers, cards on a phone.
///
/// The roles are said again because `display:block` takes them away.
extension HTMLWriter {
    mutating func table(_ table: ReportTable) {
        open("div", ("class", "scroll"))
        open("table", ("class", "cards"), ("role", "table"), ("aria-label", table.caption))
        markup("\n<thead role=\"rowgroup\"><tr role=\"row\">")
        for column in table.columns {
            element(
                "th", ("scope", "col"), ("role", "columnheader"), ("class", column.isNumeric ? "num" : ""),
                text: column.title)
        }
        markup("</tr></thead>\n<tbody role=\"rowgroup\">\n")
        for row in table.rows {
            markup("<tr role=\"row\">")
            for (column, cell) in zip(table.columns, row) { self.cell(cell, column) }
            markup("</tr>\n")
        }
        markup("</tbody>\n</table></div>\n")
        if table.omitted > 0 { element("p", ("class", "more"), text: "… and \(table.omitted) more.") }
    }

    private mutating func cell(_ cell: ReportTable.Cell, _ column: ReportTable.Column) {
        let classes = [column.isNumeric ? "num" : nil, cell.tone == .plain ? nil : cell.tone.rawValue]
        open(
            "td", ("role", "cell"), ("class", classes.compactMap(\.self).joined(separator: " ")),
            ("data-label", column.title))
        if cell.isCode {
            // A digest stays in one line; a long name gives way.
            element("code", ("class", cell.text.utf8.count <= 24 ? "short" : ""), text: cell.text)
        } else {
            element("span", text: cell.text)
        }
        close("td")
    }
}
