import Registry
import TapeModel

/// A credential followed a redirect to another service on the same host name.
///
/// ## What it means
/// The redirect led to another port, or to a subdomain, of the registry's own name. Many clients, everything written in Go among
/// them, keep `Authorization` in that case; the storage there then sees two ways to authenticate.
///
/// ## How to fix it
/// Give the storage a host name of its own, or let the registry serve blobs itself.
enum CredentialsKeptAcrossPort: Rule {
    static let name = "credentials-kept-across-port"
    static let severity = Severity.warning
    static let party = Party.registry
    static let interest = Interest.redirects
    static let symptoms = ["B05"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard let source = exchange.redirectSource, let credentials = exchange.credentials,
            credentials.identity == source.credentials?.identity,
            source.url.host == exchange.url.host, source.url.port != exchange.url.port
        else { return nil }
        return finding(
            "The Authorization header went along to port \(exchange.url.port) of \(exchange.url.host) after a redirect "
                + "(exchanges \(source.seq), \(exchange.seq)).",
            detail: exchange.hasFailed ? "That service answered \(exchange.status ?? 0)." : "",
            advice: """
                Give the storage a host name of its own: clients drop the header only when the name changes.
                Or switch redirects off: storage: redirect: disable: true
                """,
            evidence: [Evidence(source.seq, "response.location"), Evidence(exchange.seq, "request.authorization")],
            subject: exchange.host.authority, severity: exchange.hasFailed ? .error : .warning)
    }
}
