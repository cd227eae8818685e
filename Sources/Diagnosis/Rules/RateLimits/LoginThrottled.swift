import Registry
import TapeModel

/// A token server refuses because it is asked too often.
///
/// ## What it means
/// Logins and token requests have a limit of their own. A script that logs in before every pull, or many jobs that
/// start together, run into it. Azure's command line then prints `CONNECTIVITY_REFRESH_TOKEN_ERROR`.
///
/// ## How to fix it
/// Log in once per machine or job and use the token as long as it lives, instead of before every pull. Spread jobs
/// that start together.
enum LoginThrottled: Rule {
    static let name = "login-throttled"
    static let severity = Severity.error
    static let party = Party.tokenServer
    static let symptoms = ["C08"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 429, exchange.operation.endpoint.isToken else { return nil }
        return finding(
            "\(exchange.host.words.capitalizedFirst) answered 429 to \(exchange.requestWords): it is asked for tokens too often.",
            detail: exchange.itSays,
            advice: """
                Log in once per machine or job and keep the credentials, instead of before every pull.
                Try again later\(exchange.retryAfterWords), with jobs spread over time.
                """,
            evidence: [Evidence(exchange.seq, "response.status")], subject: exchange.host.authority)
    }
}
