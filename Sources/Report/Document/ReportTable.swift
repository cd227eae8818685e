/// Rows of facts under headings.
struct ReportTable: Sendable {
    struct Column: Sendable, Hashable {
        var title: String
        /// In place of the title where room is scarce.
        var short: String?
        /// Figures stand on the right.
        var isNumeric = false
    }

    /// What a cell's text tells at a glance.
    enum Tone: String, Sendable {
        case plain, good, bad, dim
    }

    struct Cell: Sendable, Hashable {
        var text: String
        /// A name of the trace, not of ours: shown as it stands.
        var isCode: Bool
        var tone: Tone

        /// Our own word or figure.
        static func word(_ text: String, _ tone: Tone = .plain) -> Cell {
            Cell(text: InertText.line(text, limit: 300), isCode: false, tone: tone)
        }

        /// A name from the trace.
        static func code(_ text: String, _ tone: Tone = .plain, limit: Int = 120) -> Cell {
            Cell(text: InertText.line(text, limit: limit), isCode: true, tone: tone)
        }

        static let nothing = Cell(text: "–", isCode: false, tone: .dim)
    }

    var columns: [Column]
    var rows: [[Cell]]
    /// How many rows there would be besides.
    var omitted = 0
    /// What the table is about, for those who hear it.
    var caption: String

    /// The table with as many rows as a person reads, and without columns in which nothing stands; the JSON form has all.
    var shortened: ReportTable {
        var table = self
        let shown = rows.prefix(Self.limit)
        let told = columns.indices.filter { index in
            shown.contains { $0.indices.contains(index) && $0[index] != .nothing }
        }
        table.columns = told.map { columns[$0] }
        table.rows = shown.map { row in told.compactMap { row.indices.contains($0) ? row[$0] : nil } }
        table.omitted += rows.count - shown.count
        return table
    }

    private static let limit = 100
}
