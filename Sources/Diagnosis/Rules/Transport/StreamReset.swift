import Registry
import TapeModel

/// An HTTP/2 stream was reset in the middle of an answer.
///
/// ## What it means
/// RST_STREAM or GOAWAY ended the exchange (RFC 9113 §6.4, §6.8). Proxies with a fault in HTTP/2, or with a time
/// limit, do that; clients print `stream error: … INTERNAL_ERROR`.
///
/// ## How to fix it
/// Let the proxy speak HTTP/1.1 to the registry, or update it.
enum StreamReset: Rule {
    static let name = "stream-reset"
    static let severity = Severity.error
    static let party = Party.proxy
    static let symptoms = ["G19"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard let failure = exchange.exchange.error, failure.code == "stream-reset" || failure.code == "goaway",
            failure.party != .client
        else { return nil }
        let received = exchange.exchange.response?.body.length ?? 0
        return finding(
            "\(exchange.host.words.capitalizedFirst) ended the HTTP/2 stream of \(exchange.requestWords) after \(received) octets.",
            detail: failure.detail,
            advice: """
                Try again; if it happens often, let the proxy before \(exchange.host.authority) use HTTP/1.1, or update it.
                To compare ask without HTTP/2: `curl --http1.1 -o /dev/null \(exchange.url.scheme)://\(exchange.url.authority)\(exchange.url.path.quotable(200))`
                """,
            evidence: [Evidence(exchange.seq, "error")], subject: exchange.host.authority)
    }
}
