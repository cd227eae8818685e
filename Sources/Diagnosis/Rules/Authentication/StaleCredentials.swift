import Registry
import TapeModel

/// An old login spoils the pull of a public image.
///
/// ## What it means
/// The token server refused a token because of the credentials that were sent; without any it would give one for a
/// public image. Amazon's public registry and Docker Hub behave so.
///
/// ## How to fix it
/// `docker logout REGISTRY`, and pull again. If the login is needed for other images, log in again.
enum StaleCredentials: Rule {
    static let name = "stale-credentials"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A23", "A36"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.hasFailed, exchange.status == 401 || exchange.status == 403, exchange.credentials != nil,
            exchange.tokenRequest?.scopes.allSatisfy({ $0.actions == ["pull"] }) ?? true
        else { return nil }
        guard exchange.operation.endpoint.isToken || exchange.host.product == .ecrPublic else { return nil }
        let isPublicECR =
            exchange.host.product == .ecrPublic && !exchange.isPushing && !exchange.says("token has expired")
        let anonymousSuccess =
            !exchange.operation.endpoint.isToken
            ? nil
            : window.firstLater(than: exchange, at: [.tokenGet]) { later in
                later.credentials == nil && later.hasSucceeded && later.url.host == exchange.url.host
                    && later.tokenRequest?.scopes == exchange.tokenRequest?.scopes
            }
        guard isPublicECR || anonymousSuccess != nil else { return nil }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords) because of an old login that \(exchange.clientWords) sent along"
                + (anonymousSuccess.map {
                    "; without one it answered \($0.status ?? 200)."
                }
                    ?? ", likely: its images are public."),
            advice:
                "Log out, and pull again: `\(exchange.registry(in: window).loginCommand.replacing("login", with: "logout"))`",
            evidence: [Evidence(exchange.seq, "request.authorization")]
                + (anonymousSuccess.map { [Evidence($0.seq, "response.status")] } ?? []),
            subject: exchange.host.authority, severity: anonymousSuccess == nil ? .warning : .error)
    }
}
