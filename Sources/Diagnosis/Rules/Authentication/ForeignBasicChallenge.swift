import Registry
import TapeModel

/// Something before the registry wants a login of its own.
///
/// ## What it means
/// 401 with a Basic challenge, and neither an error document nor the registry's version field: a web server or proxy in front asks, and the
/// registry has not seen the request.
///
/// ## How to fix it
/// Exempt `/v2/` there, or log in with the credentials of that server.
enum ForeignBasicChallenge: Rule {
    static let name = "foreign-basic-challenge"
    static let severity = Severity.error
    static let party = Party.proxy
    static let symptoms = ["A43"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 401, exchange.errors.isEmpty,
            exchange.host.product == .unknown || exchange.answerer == .middlebox,
            exchange.responseField("docker-distribution-api-version") == nil,
            let challenge = exchange.challenges.first, challenge.isBasic,
            exchange.url.path.hasPrefix("/v2"), !exchange.operation.endpoint.isToken
        else { return nil }
        let isPage = if case .html = exchange.errorBody { true } else { false }
        let isEmpty = exchange.exchange.response?.body.length == 0
        guard isPage || isEmpty, window.laterSuccess(of: exchange) == nil else { return nil }
        let realm = challenge.realm.map { " (\"\($0.prefix(60))\")" } ?? ""
        return finding(
            "A web server before \(exchange.host.authority) asks for a login of its own\(realm) (exchange \(exchange.seq)).",
            advice: """
                Let it leave /v2/ to the registry.
                Or log in with the credentials of that server: docker login \(exchange.host.authority)
                """,
            evidence: [Evidence(exchange.seq, "response.www-authenticate")], subject: exchange.host.authority)
    }
}
