import Registry
import TapeModel

/// A registry with a private endpoint was asked at its public address.
///
/// ## What it means
/// The registry allows private endpoints only and answered its firewall's 403 from a public address: the name
/// resolved outside of the private DNS zone, because the zone is not linked to the network or a custom resolver
/// does not forward.
///
/// ## How to fix it
/// Link `privatelink.azurecr.io` to the network of the client, or let its resolver forward to 168.63.129.16.
enum PrivateEndpointUnused: Rule {
    static let name = "private-endpoint-unused"
    static let severity = Severity.warning
    static let party = Party.network
    static let symptoms = ["H18"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 403, exchange.host.product == .acr,
            exchange.saysAny(of: "public network access", "private endpoint", "privatelink")
        else { return nil }
        let address =
            window.connections.last { $0.connection.id == exchange.exchange.connection }?.connection.server
        let reached = address.map { " at \($0)" } ?? ""
        return finding(
            "\(exchange.host.authority) is open to private endpoints only, and was likely reached\(reached) over the public "
                + "network.",
            advice: """
                See where the name leads: `nslookup \(exchange.host.name)`
                Link the zone privatelink.azurecr.io to this network, or let the resolver forward to 168.63.129.16.
                """,
            evidence: [Evidence(exchange.seq, "response.body"), Evidence(exchange.seq, "connection.server")],
            subject: exchange.host.authority)
    }
}
