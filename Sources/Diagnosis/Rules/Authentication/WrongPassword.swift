import Registry
import TapeModel

/// User name or password are wrong.
///
/// ## What it means
/// The token server, or the registry itself where it takes Basic, was shown credentials and answered 401. Docker
/// prints `incorrect username or password` or `unauthorized: authentication required`.
///
/// ## How to fix it
/// Log in again; where two-factor login is on, with an access token instead of the password.
enum WrongPassword: Rule {
    static let name = "wrong-password"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A03"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 401, exchange.answerer != .middlebox, exchange.operation.endpoint != .signatureGet
        else { return nil }
        let isToken = exchange.operation.endpoint.isToken && exchange.operation.endpoint != .tokenExchange
        let showsBasic = exchange.credentials?.isBasic == true
        let showsForm = exchange.showsLoginInForm
        let isDirect = !exchange.operation.endpoint.isToken && showsBasic
        guard isToken && (showsBasic || showsForm) || isDirect, !exchange.says("expired") else { return nil }
        // Products with words of their own for it have rules of their own.
        guard exchange.host.product != .acr, exchange.host.product != .ecr,
            !(isDirect && exchange.host.product == .harbor && exchange.says("action:")),
            !(isDirect && exchange.challenges.contains(where: \.isBearer)),
            // Many servers know no form; the client asks again with a query.
            !NormalCourse.contains(exchange, in: window)
        else { return nil }
        return finding(
            "\(exchange.host.words.capitalizedFirst) answered \(exchange.outcomeWords): it does not accept the login that \(exchange.clientWords) sent.",
            detail: exchange.itSays,
            advice: """
                Log in again: `\(exchange.registry(in: window).loginCommand)`
                Where two-factor login is on, use an access token instead of the password.
                """,
            evidence: [Evidence(exchange.seq, "request.authorization"), Evidence(exchange.seq, "response.status")],
            subject: exchange.host.authority)
    }
}
