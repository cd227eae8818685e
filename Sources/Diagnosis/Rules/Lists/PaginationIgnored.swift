import Registry
import TapeModel

/// A client read the first page of a list and never asked for the next.
///
/// ## What it means
/// The answer had `Link: …; rel="next"`, so there is more, and no request for it followed. Whatever is beyond the first
/// page seems not to exist: tools then say that a tag is missing, or show 100 repositories.
///
/// ## How to fix it
/// Follow `Link` until it is absent (distribution-spec, listing tags), or use a client that does.
enum PaginationIgnored: Rule {
    static let name = "pagination-ignored"
    static let severity = Severity.warning
    static let party = Party.client
    static let interest = Interest.lists
    static let symptoms = ["I01", "H05"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.hasSucceeded, let page = exchange.pagination, let next = page.next else { return nil }
        // Whoever asks for a single entry wants no list: a ping of the catalogue.
        guard page.requested != 1, window.reachesEnd || window.after.count > 100 else { return nil }
        let isFollowed = window.after.contains { later in
            later.url.path == next.path && (later.url.host != next.host || later.url.query != exchange.url.query)
        }
        guard !isFollowed else { return nil }
        let count = page.count.map { "\($0) entries" } ?? "the first entries"
        return finding(
            "\(exchange.clientWords.capitalizedFirst) read \(count) of \(exchange.url.path.quotable(120)) and did not ask for the next "
                + "page, which the answer names.",
            advice: """
                Follow the Link field until an answer has none; or ask for more at once with ?n=1000 where the registry allows it.
                What seems to be missing may be there; this follows every page: `skopeo list-tags docker://\(exchange.host.authority)/\(exchange.operation.repository ?? "REPOSITORY")`
                """,
            evidence: [Evidence(exchange.seq, "response.link")], subject: exchange.host.authority + exchange.url.path,
            // Whoever gives a size of its own knows that there are pages.
            severity: page.requested == nil ? .warning : .note)
    }
}
