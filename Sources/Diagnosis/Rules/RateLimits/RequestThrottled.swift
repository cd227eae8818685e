import Registry
import TapeModel

/// A server answered 429 Too Many Requests.
///
/// ## What it means
/// Somebody counts requests, of an address, an account or a namespace, and this client has had its share (RFC 6585 §4).
/// `Retry-After` says how long to wait, where it is given.
///
/// ## How to fix it
/// Slow down, and wait as long as `Retry-After` says. Let machines that share an address pull through a mirror.
enum RequestThrottled: Rule {
    static let name = "request-throttled"
    static let severity = Severity.error
    static let party = Party.registry
    static let isGeneric = true
    static let symptoms = ["C13"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 429 else { return nil }
        return finding(
            "\(exchange.answererWords.capitalizedFirst) answered 429 Too Many Requests to \(exchange.requestWords).",
            detail: exchange.itSays,
            advice: "Send fewer requests at once, and try again later\(exchange.retryAfterWords).",
            evidence: [Evidence(exchange.seq, "response.status")], subject: exchange.host.authority,
            party: exchange.answerer?.party)
    }
}
