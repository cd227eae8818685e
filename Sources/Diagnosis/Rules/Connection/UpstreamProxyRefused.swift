import Registry
import TapeModel

/// The company proxy did not let a connection through.
///
/// ## What it means
/// The proxy that regtape was told to use (`--upstream-proxy`), or that the client used, answered CONNECT with
/// something else than 2xx: 407 asks for a user and a password, 403 is a rule against the host, 502 and 503 mean
/// that it could not reach it.
///
/// ## How to fix it
/// Give the proxy its credentials, or ask for the host to be allowed: registry, token server and blob storage are often
/// three hosts.
enum UpstreamProxyRefused: ConnectionFaultRule {
    static let name = "upstream-proxy-refused"
    static let severity = Severity.error
    static let party = Party.proxy
    static let symptoms = ["G11", "G12"]
    static let codes: Set<String> = ["upstream-proxy"]

    static func verdict(_ failure: ExchangeError, host: HostProfile, connection: Connection?) -> Finding? {
        let asksForUser = failure.detail.contains(" 407")
        return finding(
            asksForUser
                ? "The upstream proxy asks for a user and a password before it opens \(host.authority)."
                : "The upstream proxy did not open a connection to \(host.words).",
            detail: failure.detail,
            advice: asksForUser
                ? "Name them in the URL: `regtape record --upstream-proxy http://USER:PASSWORD@PROXY:PORT`"
                : "Ask whoever runs the proxy to allow \(host.name); a registry needs its token server and blob hosts as well.",
            evidence: [])
    }
}
