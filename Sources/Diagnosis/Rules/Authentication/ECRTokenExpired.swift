import Registry
import TapeModel

/// The login at Amazon's registry has run out.
///
/// ## What it means
/// 403 `Your authorization token has expired. Reauthenticate and try again.`: such logins last twelve hours, or as
/// long as the session that made them.
///
/// ## How to fix it
/// Log in again, or install the credential helper `docker-credential-ecr-login`, which does it whenever it is needed.
enum ECRTokenExpired: Rule {
    static let name = "ecr-token-expired"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A21"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.host.product == .ecr || exchange.host.product == .ecrPublic, exchange.hasFailed,
            exchange.says("token has expired")
        else { return nil }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords) because the login has run out; it lasts twelve hours at most.",
            advice: """
                Log in again: `\(exchange.host.amazonLoginCommand)`
                For good: the credential helper docker-credential-ecr-login.
                """,
            evidence: [Evidence(exchange.seq, "response.body")], subject: exchange.host.authority)
    }
}
