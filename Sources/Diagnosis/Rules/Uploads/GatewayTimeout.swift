import Registry
import TapeModel

/// A gateway gave up waiting for the registry.
///
/// ## What it means
/// 502, 504 or 408 with a gateway's page: the registry needed longer than the gateway waits, or is gone. Always
/// after the same time, such as 60 s, it is a setting; large layers that a proxy stores before it passes them on
/// (request buffering) take that long.
///
/// ## How to fix it
/// Raise the gateway's timeouts and let it pass uploads on as they come: with nginx `proxy_read_timeout 900s;`,
/// `proxy_send_timeout 900s;` and `proxy_request_buffering off;`.
enum GatewayTimeout: Rule {
    static let name = "gateway-timeout"
    static let severity = Severity.error
    static let party = Party.proxy
    static let symptoms = ["F13"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard let status = exchange.status, status == 502 || status == 504 || status == 408, exchange.errors.isEmpty,
            exchange.storageError == nil, exchange.answerer != .recorder, exchange.exchange.error == nil,
            // A proxy on the client's side has a rule of its own.
            exchange.responseField("x-squid-error") == nil
        else { return nil }
        let milliseconds = exchange.exchange.timing.duration / 1_000
        let seconds = milliseconds / 1_000
        let isBuffered = exchange.operation.endpoint.isUpload && exchange.exchange.request.body.length > 1_000_000
        let who = exchange.responseField("server")?.quotable(40) ?? "A gateway"
        return finding(
            "\(who) before \(exchange.host.authority) answered \(status) to \(exchange.requestWords) after \(seconds > 0 ? "\(seconds) s" : "\(milliseconds) ms").",
            detail: status == 502 ? "It could not get an answer from what is behind it." : "",
            advice: """
                Raise its timeouts; with nginx: `proxy_read_timeout 900s; proxy_send_timeout 900s;`
                \(isBuffered ? "And let it pass uploads on as they come: `proxy_request_buffering off;`" : "See whether the registry behind it is up and how long it takes.")
                """,
            evidence: [Evidence(exchange.seq, "response.status"), Evidence(exchange.seq, "timing")],
            subject: exchange.host.authority + String(status))
    }
}
