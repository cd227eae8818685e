import Registry
import TapeModel

/// The header section of a request is larger than the server takes.
///
/// ## What it means
/// 400 `Request Header Or Cookie Too Large` or 431: a token with very many scopes, or cookies that have no business
/// there.
///
/// ## How to fix it
/// Ask for fewer scopes in one token; send no cookies.
enum HeaderTooLarge: Rule {
    static let name = "header-too-large"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["G20"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 431 || exchange.status == 400 && exchange.says("header or cookie too large")
        else { return nil }
        let scopes = exchange.grant?.request.scopes.count ?? 0
        return finding(
            "\(exchange.url.authority) answered \(exchange.status ?? 400) because the header of \(exchange.requestWords) is too large.",
            detail: scopes > 3 ? "Its token was asked for \(scopes) scopes." : "",
            advice: "Ask for a token of fewer scopes, and send no cookies to the registry.",
            evidence: [Evidence(exchange.seq, "request.authorization"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority)
    }
}
