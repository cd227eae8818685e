import Registry
import TapeModel

/// The list of all repositories is not for this login.
///
/// ## What it means
/// `_catalog` needs the scope `registry:catalog:*`, which few token servers give; hosted registries do not offer
/// the list at all.
///
/// ## How to fix it
/// Allow `registry:catalog:*` in the rules of the token server. Hosted registries have interfaces of their own: `az
/// acr repository list`, `aws ecr describe-repositories`, `gcloud artifacts docker images list`, Harbor's
/// `/api/v2.0/repositories`.
enum CatalogNotPermitted: Rule {
    static let name = "catalog-not-permitted"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A39"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .catalogList, exchange.isRefusedAccess, exchange.host.product != .harbor,
            exchange.answerer != .middlebox, !exchange.isRenewed(in: window)
        else { return nil }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords) to GET catalog: this login may not list the repositories.",
            detail: "The list needs a token with the scope registry:catalog:*, which few token servers give.",
            advice:
                "Allow the scope registry:catalog:* in the token server's rules, or list with the product's own interface.",
            evidence: [Evidence(exchange.seq, "response.www-authenticate")], subject: exchange.host.authority)
    }
}
