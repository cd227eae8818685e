import Registry
import TapeModel

/// Something before the registry wants a login of its own.
///
/// ## What it means
/// 401 with a Basic challenge, and neither an error document nor the registry's version field: a web server or
/// proxy in front asks, and the registry has not seen the request.
///
/// ## How to fix it
/// Let that server leave `/v2/` to the registry; with nginx `auth_basic off;` in `location /v2/`. If its login is
/// meant to guard the registry, store it: `docker login HOST`.
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
        // Where the client has that login, all is well: a web server that guards a registry is a usual set-up.
        guard isPage || isEmpty, window.nextSuccessAtHost(after: exchange) == nil,
            window.earlierSuccess(of: exchange) == nil
        else { return nil }
        let realm = challenge.realm.map { ", \"\($0.quotable(60))\"" } ?? ""
        return finding(
            "A web server before \(exchange.host.authority) answered 401 and asks for a login of its own\(realm).",
            detail: "The answer has neither the error document nor the version field of a registry.",
            advice: """
                Let it leave /v2/ to the registry.
                Or log in with the credentials of that server: `docker login \(exchange.host.authority)`
                """,
            evidence: [Evidence(exchange.seq, "response.www-authenticate")], subject: exchange.host.authority)
    }
}
