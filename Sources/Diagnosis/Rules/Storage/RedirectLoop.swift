import Registry
import TapeModel

/// Redirects lead in a circle.
///
/// ## What it means
/// A Location led back to a URL that had redirected before, or ten redirects followed one another. Clients give up
/// after ten. A proxy or CDN rewrites Locations wrongly, or forces a scheme that the registry redirects away from.
///
/// ## How to fix it
/// Correct what rewrites `Location`. Where http and https lead to one another, let the proxy that ends TLS say so:
/// `X-Forwarded-Proto: https`.
enum RedirectLoop: Rule {
    static let name = "redirect-loop"
    static let severity = Severity.error
    static let party = Party.proxy
    static let interest = Interest.redirects
    static let symptoms = ["B27"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.redirect != nil, exchange.redirectSource != nil else { return nil }
        var seen = [exchange]
        var current = exchange
        while seen.count <= 10, let source = current.redirectSource.flatMap({ window.exchange($0.seq) }) {
            seen.append(source)
            if source.url == exchange.url, source.method == exchange.method {
                return finding(
                    "Redirects lead from \(exchange.url.authority)\(exchange.url.path.quotable(160)) back to itself.",
                    advice:
                        "Correct what rewrites Location before \(exchange.url.authority), or the X-Forwarded-Proto that it passes on.",
                    evidence: seen.reversed().prefix(6).map { Evidence($0.seq, "response.location") },
                    subject: exchange.url.authority + exchange.url.path)
            }
            current = source
        }
        guard seen.count > 10 else { return nil }
        return finding(
            "More than ten redirects followed one another up to \(exchange.url.authority); clients give up there.",
            advice:
                "Follow the Locations by hand and correct the host that sends them on: `curl -sIL \(exchange.url.scheme)://\(exchange.url.authority)\(exchange.url.path.quotable(160))`",
            evidence: seen.reversed().prefix(6).map { Evidence($0.seq, "response.location") },
            subject: exchange.url.authority)
    }
}
