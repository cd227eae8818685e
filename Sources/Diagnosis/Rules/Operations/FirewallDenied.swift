import Registry
import TapeModel

/// The registry's network rules do not let this client in.
///
/// ## What it means
/// Azure Container Registry answered 403 `DENIED` with `client with IP … is not allowed access`
/// (aka.ms/acr/firewall): the address from which the request came is on no list, or the registry is open to private
/// endpoints only. Credentials are not the point. A rule that was just changed takes some minutes to work.
///
/// ## How to fix it
/// Allow the address (`az acr network-rule add -n REGISTRY --ip-address ADDRESS`), or reach the registry through its
/// private endpoint. A rule that was just changed needs some minutes.
enum FirewallDenied: Rule {
    static let name = "firewall-denied"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["H01", "H02", "A45"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 403, exchange.saysAny(of: "aka.ms/acr/firewall", "is not allowed access") else {
            return nil
        }
        let registry = exchange.host.firstLabel
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords) because its network rules do not allow this client's address.",
            detail: "Credentials are not the point. \(exchange.itSays)",
            advice: """
                Add the address that the message names: `az acr network-rule add -n \(registry) --ip-address ADDRESS`
                Or use the private endpoint; then \(exchange.host.name) must resolve to a private address: `getent hosts \(exchange.host.name)`
                A rule that was changed a moment ago needs some minutes.
                """,
            evidence: [Evidence(exchange.seq, "response.status"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority)
    }
}
