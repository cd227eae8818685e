import Registry
import TapeModel

/// The personal access token that serves as password has expired.
///
/// ## What it means
/// The token server was shown it and says that it is expired. Docker Hub's words are `personal access token is
/// expired`.
///
/// ## How to fix it
/// Make a new one in the settings of the account (for Docker Hub: Account settings, Personal access tokens), and log
/// in with it in place of the password: `docker login REGISTRY`.
enum AccessTokenExpired: Rule {
    static let name = "access-token-expired"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A04"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint.isToken, exchange.status == 401 || exchange.status == 403,
            exchange.operation.endpoint != .tokenExchange, exchange.says("expired")
        else { return nil }
        return finding(
            "\(exchange.host.words.capitalizedFirst) answered \(exchange.outcomeWords): the access token that serves as password "
                + "has expired.",
            detail: exchange.itSays,
            advice:
                "Make a new access token in the account's settings, then log in with it: `\(exchange.registry(in: window).loginCommand)`",
            evidence: [Evidence(exchange.seq, "response.body")], subject: exchange.host.authority)
    }
}
