import Registry
import TapeModel

/// A client spoke plain HTTP to a port that wants TLS.
///
/// ## What it means
/// 400 with `Client sent an HTTP request to an HTTPS server`, or `The plain HTTP request was sent to HTTPS port`:
/// the URL begins with `http://` where it should with `https://`.
///
/// ## How to fix it
/// Use `https://`, and take the registry out of `insecure-registries` in `/etc/docker/daemon.json`.
enum HTTPToTLSPort: Rule {
    static let name = "http-to-tls-port"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["G10"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 400, exchange.url.scheme == "http",
            exchange.saysAny(of: "http request to an https server", "sent to https port")
        else { return nil }
        return finding(
            "\(exchange.url.authority) answered 400 because \(exchange.clientWords) spoke plain HTTP to a port that wants TLS.",
            advice: "Use https:// for it; with Docker take \(exchange.url.authority) out of insecure-registries.",
            evidence: [Evidence(exchange.seq, "request.url"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority)
    }
}
