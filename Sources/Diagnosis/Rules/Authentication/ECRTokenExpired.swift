import Registry
import TapeModel

/// The login at Amazon's registry has run out.
///
/// ## What it means
/// 403 `Your authorization token has expired. Reauthenticate and try again.`: such logins last twelve hours, or as long as the session that
/// made them.
///
/// ## How to fix it
/// Log in again, or let a credential helper do it.
enum ECRTokenExpired: Rule {
    static let name = "ecr-token-expired"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A21"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.host.product == .ecr || exchange.host.product == .ecrPublic, exchange.hasFailed,
            exchange.said.contains("token has expired")
        else { return nil }
        return finding(
            "The login at \(exchange.host.authority) has run out; it lasts twelve hours (exchange \(exchange.seq)).",
            advice: """
                aws ecr get-login-password --region \(exchange.host.amazonRegion) | docker login --username AWS --password-stdin \(exchange.host.authority)
                For good: the credential helper docker-credential-ecr-login.
                """,
            evidence: [Evidence(exchange.seq, "response.body")], subject: exchange.host.authority)
    }
}
