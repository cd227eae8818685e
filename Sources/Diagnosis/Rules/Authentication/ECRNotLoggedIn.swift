import Registry
import TapeModel

/// Amazon's registry was asked without a login.
///
/// ## What it means
/// 401 with a Basic challenge of `ecr.amazonaws.com`, and the client never sent credentials: it is not logged in to
/// this account and region. Docker prints `no basic auth credentials`.
///
/// ## How to fix it
/// Log in to exactly this host: `aws ecr get-login-password --region REGION | docker login --username AWS
/// --password-stdin ACCOUNT.dkr.ecr.REGION.amazonaws.com`. A login of another account or region does not count.
enum ECRNotLoggedIn: Rule {
    static let name = "ecr-not-logged-in"
    static let severity = Severity.error
    static let party = Party.client
    static let interest = Interest.challenges
    static let symptoms = ["A20"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 401, exchange.host.product == .ecr, exchange.credentials == nil,
            window.nextWithCredentials(after: exchange) == nil,
            window.lastWithCredentials(before: exchange) == nil
        else { return nil }
        return finding(
            "\(exchange.host.authority) answered 401 because \(exchange.clientWords) is not logged in there.",
            advice: """
                Log in: `\(exchange.host.amazonLoginCommand)`
                Or install the credential helper docker-credential-ecr-login.
                """,
            evidence: [Evidence(exchange.seq, "response.www-authenticate")], subject: exchange.host.authority)
    }
}
