import Registry
import TapeModel

/// A caching registry was itself refused by the registry that it caches.
///
/// ## What it means
/// The registry fetches images from another one (a cache rule of Azure, a proxy project of Harbor), and that one has
/// limited it. Your own limit is not the point.
///
/// ## How to fix it
/// Give the cache credentials for its upstream, so that the upstream counts an account and not an address.
enum CacheRuleThrottled: Rule {
    static let name = "cache-rule-throttled"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["C07", "C12"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 429 else { return nil }
        let isCacheRule =
            exchange.host.product == .acr && exchange.says("source registry")
        let isProxyProject =
            exchange.host.product == .harbor && exchange.errors.contains { $0.code == "TOO_MANY_REQUEST" }
        guard isCacheRule || isProxyProject else { return nil }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords): it caches another registry, and that one limits it.",
            detail: exchange.itSays,
            advice: isCacheRule
                ? "Add credentials for the source registry to the cache rule: `az acr credential-set create -r \(exchange.host.firstLabel) …`, then "
                    + "`az acr cache update -r \(exchange.host.firstLabel) -n RULE --cred-set NAME`"
                : "Add credentials for the upstream to the registry endpoint that the proxy project uses.",
            evidence: [Evidence(exchange.seq, "response.status"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority)
    }
}
