import Registry
import TapeModel

/// A proxy wants a user and a password.
///
/// ## What it means
/// 407: the request got as far as the proxy, which asks who sends it (RFC 9110 §11.7.1). A daemon does not inherit
/// the login of a desktop.
///
/// ## How to fix it
/// Put user and password into the proxy setting of the client, `http://USER:PASSWORD@PROXY:PORT`; for Docker's daemon
/// under `proxies` in `/etc/docker/daemon.json`.
enum ProxyLoginRequired: Rule {
    static let name = "proxy-login-required"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["G11"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 407, exchange.operation.endpoint != .storageGet,
            exchange.operation.endpoint != .storageHead,
            exchange.redirectSource == nil,
            // Asked, answered and let through: that is how a login at a proxy goes.
            !NormalCourse.contains(exchange, in: window)
        else { return nil }
        return finding(
            "A proxy answered 407 to \(exchange.clientWords) and asks for a user and a password before it opens \(exchange.url.authority).",
            advice: """
                Set it with the login: `HTTPS_PROXY=http://USER:PASSWORD@PROXY:PORT`
                For Docker's daemon in /etc/docker/daemon.json: `{"proxies": {"https-proxy": "http://USER:PASSWORD@PROXY:PORT"}}`
                """,
            evidence: [Evidence(exchange.seq, "response.proxy-authenticate")], subject: exchange.host.authority)
    }
}
