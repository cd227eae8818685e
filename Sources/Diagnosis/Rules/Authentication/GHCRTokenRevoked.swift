import Registry
import TapeModel

/// GitHub's registry refuses everything that this login asks.
///
/// ## What it means
/// 403 without a challenge for a pull with credentials: the access token has expired or was revoked. Even public
/// images fail then.
///
/// ## How to fix it
/// Log in with a new token, or log out to pull public images.
enum GHCRTokenRevoked: Rule {
    static let name = "ghcr-token-revoked"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A18"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.host.product == .ghcr,
            exchange.operation.endpoint.isManifestRead || exchange.operation.endpoint.isBlobRead,
            exchange.status == 403, exchange.challenges.isEmpty, exchange.credentials != nil, !exchange.isAnonymous,
            window.nextSuccessAtHost(after: exchange) == nil
        else { return nil }
        return finding(
            "ghcr.io answered 403 without a challenge to \(exchange.requestWords): the access token of this login has expired or was "
                + "revoked.",
            advice: """
                Log in with a new token: `echo $TOKEN | docker login ghcr.io -u USER --password-stdin`
                Public images need none: `docker logout ghcr.io`
                """,
            evidence: [Evidence(exchange.seq, "response.status")], subject: exchange.host.authority)
    }
}
