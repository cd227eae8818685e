import Registry
import TapeModel

/// A relative redirect was followed at the wrong host.
///
/// ## What it means
/// Google's registry redirects downloads with a path alone. It is meant relative to the request (RFC 9110 §10.2.2),
/// and the path was asked for at another host: a proxy in between lost the host.
///
/// ## How to fix it
/// Resolve the Location against the URL of the request.
enum RelativeRedirectLost: Rule {
    static let name = "relative-redirect-lost"
    static let severity = Severity.error
    static let party = Party.client
    static let interest = Interest.redirects
    static let symptoms = ["B28"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard let redirect = exchange.redirect, redirect.location.hasPrefix("/"), !redirect.location.hasPrefix("//"),
            let target = redirect.target,
            let lost = window.after.prefix(16).first(where: { later in
                later.hasFailed && later.url.path == target.path && later.url.host != target.host
            })
        else { return nil }
        return finding(
            "The relative redirect of \(exchange.url.authority) was followed at \(lost.url.authority), which answered \(lost.outcomeWords).",
            advice: "Resolve a Location without a host against the URL of its request, \(exchange.url.authority).",
            evidence: [Evidence(exchange.seq, "response.location"), Evidence(lost.seq, "request.url")],
            subject: exchange.url.authority)
    }
}
