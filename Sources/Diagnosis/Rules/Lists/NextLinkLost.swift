import Registry
import TapeModel

/// A client followed the link to the next page at the wrong host.
///
/// ## What it means
/// `Link` may be relative, and is then meant relative to the request (RFC 8288 §3.2, RFC 3986 §5). The path of the link
/// was asked for at another host.
///
/// ## How to fix it
/// Resolve the link against the URL of the request that answered with it.
enum NextLinkLost: Rule {
    static let name = "next-link-lost"
    static let severity = Severity.error
    static let party = Party.client
    static let interest = Interest.lists
    static let symptoms = ["I02"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard let page = exchange.pagination, let next = page.next, let link = page.link, link.hasPrefix("/") else {
            return nil
        }
        guard
            let lost = window.after.prefix(16).first(where: { later in
                later.hasFailed && later.url.path == next.path && later.url.query == next.query
                    && later.url.host != next.host
            })
        else { return nil }
        return finding(
            "\(lost.clientWords.capitalizedFirst) asked for the next page of \(exchange.url.path.quotable(120)) at \(lost.url.authority) "
                + "instead of \(next.authority), and got \(lost.outcomeWords).",
            advice:
                "Resolve a relative Link against the URL of the request that it answers: the next page is at \(next.authority).",
            evidence: [Evidence(exchange.seq, "response.link"), Evidence(lost.seq, "request.url")],
            subject: exchange.host.authority + exchange.url.path)
    }
}
