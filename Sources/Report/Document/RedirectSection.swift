import Registry
import TapeModel

/// Who sent whom where, and what went along.
enum RedirectSection {
    static func section(_ summary: TraceSummary) -> ReportDocument.Section? {
        guard !summary.redirects.isEmpty else { return nil }
        let rows = summary.redirects.map { hop -> [ReportTable.Cell] in
            [
                .word("#\(hop.seq)"),
                .word(String(hop.status)),
                .code(hop.from),
                .code(hop.to),
                hop.signature.map { .word($0.scheme.rawValue) } ?? .word("unsigned", .dim),
                hop.signature?.expires.map { .word(Quantity.timeOfDay($0)) } ?? .nothing,
                hop.followedBy.map { .word("#\($0)") } ?? .word("not followed", .dim),
                hop.carriedCredentials ? .word("sent along", .bad) : .word("left out", .good),
            ]
        }
        let table = ReportTable(
            columns: [
                .init(title: "Exchange", short: "#", isNumeric: true), .init(title: "Status", isNumeric: true),
                .init(title: "From"), .init(title: "To"), .init(title: "Signature"),
                .init(title: "Good until (UTC)", short: "Until (UTC)"),
                .init(title: "Followed by", short: "Then"),
                .init(title: "Authorization", short: "Auth."),
            ], rows: rows, omitted: summary.omitted["redirects"] ?? 0, caption: "Redirects and what went along")
        return .init(id: "redirects", title: "Redirects", blocks: [.table(table)])
    }
}
