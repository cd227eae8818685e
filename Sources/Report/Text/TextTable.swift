/// A table in columns; the widest columns give way where the line is too short.
enum TextTable {
    static func lines(_ table: ReportTable, width: Int, pen: Pen) -> [String] {
        let widths = fitted(table, width: width)
        var lines = head(table, widths).map { pen.write(trimmed($0), .dim) }
        for row in table.rows {
            let cells = zip(zip(table.columns, widths), row).map { layout, cell in
                pen.write(
                    TextWidth.fitted(cell.text, width: layout.1, alignRight: layout.0.isNumeric),
                    Pen.style(of: cell.tone))
            }
            lines.append(trimmed(cells.joined(separator: gap)))
        }
        return lines
    }

    /// Titles in as many lines as the longest needs, standing on the rows.
    private static func head(_ table: ReportTable, _ widths: [Int]) -> [String] {
        let titles = zip(table.columns, widths).map { TextWidth.wrapped(title($0), width: $1) }
        let height = titles.map(\.count).max() ?? 0
        return (0..<height).map { line in
            zip(zip(table.columns, widths), titles).map { layout, title in
                let index = line - (height - title.count)
                return TextWidth.fitted(
                    title.indices.contains(index) ? title[index] : "", width: layout.1, alignRight: layout.0.isNumeric)
            }.joined(separator: gap)
        }
    }

    private static func title(_ column: ReportTable.Column) -> String { column.short ?? column.title }

    private static let gap = "  "
    /// Narrower than this a column says nothing.
    private static let least = 5

    /// Takes columns from the widest name, one at a time, until the row fits; figures are cut last.
    private static func fitted(_ table: ReportTable, width: Int) -> [Int] {
        var widths = table.columns.indices.map { index in
            let cells = table.rows.map { $0.indices.contains(index) ? TextWidth.of($0[index].text) : 0 }
            let words = title(table.columns[index]).split(separator: " ").map { TextWidth.of(String($0)) }
            return max(words.max() ?? 0, cells.max() ?? 0)
        }
        let room = width - gap.count * max(0, widths.count - 1)
        for givesWay in [isName, { _, _ in true }] {
            let candidates = widths.indices.filter { givesWay(table, $0) }
            while widths.reduce(0, +) > room, let widest = candidates.max(by: { widths[$0] < widths[$1] }),
                widths[widest] > least
            {
                widths[widest] -= 1
            }
        }
        return widths
    }

    /// Whether a column holds names of the trace that are long enough to be cut.
    private static func isName(_ table: ReportTable, _ index: Int) -> Bool {
        table.rows.contains { $0.indices.contains(index) && $0[index].isCode && $0[index].text.utf8.count > 12 }
    }

    private static func trimmed(_ line: String) -> String {
        var line = line[...]
        while line.last == " " { line = line.dropLast() }
        return String(line)
    }
}
