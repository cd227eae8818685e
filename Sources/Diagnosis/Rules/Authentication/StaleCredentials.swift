import Registry
import TapeModel

/// An old login spoils the pull of a public image.
///
/// ## What it means
/// The token server refused a token because of the credentials that were sent; without any it would give one for a public image. Amazon's public
/// registry and Docker Hub behave so.
///
/// ## How to fix it
/// Log out from that registry, or log in again.
enum StaleCredentials: Rule {
    static let name = "stale-credentials"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A23", "A36"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.hasFailed, exchange.status == 401 || exchange.status == 403, exchange.credentials != nil,
            exchange.tokenRequest?.scopes.allSatisfy({ $0.actions == ["pull"] }) ?? true
        else { return nil }
        let isPublicECR =
            exchange.host.product == .ecrPublic && !exchange.isPushing && !exchange.said.contains("token has expired")
        let anonymousSuccess = window.after.first { later in
            later.operation.endpoint.isToken && exchange.operation.endpoint.isToken && later.credentials == nil
                && later.hasSucceeded && later.url.host == exchange.url.host
                && later.tokenRequest?.scopes == exchange.tokenRequest?.scopes
        }
        guard isPublicECR || anonymousSuccess != nil else { return nil }
        return finding(
            "\(exchange.host.authority) refuses because of an old login that was sent along"
                + (anonymousSuccess.map {
                    "; without one it answered \($0.status ?? 200) (exchanges \(exchange.seq), \($0.seq))."
                }
                    ?? ", likely: its images are public (exchange \(exchange.seq))."),
            advice: "Log out, and pull again: \(exchange.host.loginCommand.replacing("login", with: "logout"))",
            evidence: [Evidence(exchange.seq, "request.authorization")]
                + (anonymousSuccess.map { [Evidence($0.seq, "response.status")] } ?? []),
            subject: exchange.host.authority, severity: anonymousSuccess == nil ? .warning : .error)
    }
}
