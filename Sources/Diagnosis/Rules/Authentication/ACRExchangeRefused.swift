import Registry
import TapeModel

/// Azure does not exchange the directory's token for one of the registry.
///
/// ## What it means
/// `/oauth2/exchange` answered 400, 401 or 403: the identity's tenant is another one, its application is not
/// registered there, or a network rule stands before it. `az acr login` prints `CONNECTIVITY_REFRESH_TOKEN_ERROR`.
///
/// ## How to fix it
/// Log in to the tenant that the registry belongs to (`az login --tenant TENANT`), then `az acr login -n REGISTRY`.
/// With 403 look at the network rules: `az acr show -n REGISTRY --query networkRuleSet`. `az acr check-health -n
/// REGISTRY --yes` tries the rest.
enum ACRExchangeRefused: Rule {
    static let name = "acr-exchange-refused"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A14", "H17"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .tokenExchange, let status = exchange.status,
            status == 400 || status == 401 || status == 403,
            !exchange.saysAny(of: "aka.ms/acr/firewall", "is not allowed access")
        else { return nil }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords) and does not exchange the directory's token for one of its own.",
            detail: exchange.itSays,
            advice: """
                Log in to the tenant of the registry: `az login --tenant TENANT && az acr login -n \(exchange.host.firstLabel)`
                Let Azure check the rest: `az acr check-health -n \(exchange.host.firstLabel) --yes`
                """,
            evidence: [Evidence(exchange.seq, "response.status"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority)
    }
}
