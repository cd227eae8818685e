import Registry
import TapeModel

/// A host name could not be resolved.
///
/// ## What it means
/// The name service of the machine that recorded gave no address for the host, so nothing was sent to it. Docker prints
/// `lookup …: no such host` or `server misbehaving`; with a slow or unanswering server `context deadline exceeded`.
/// Usual causes: a misspelt host, a resolver that does not know an internal zone, a private endpoint whose private DNS
/// zone is not linked to the network.
///
/// ## How to fix it
/// Resolve the name by hand on the same machine. For an Azure private endpoint link the zone `privatelink.azurecr.io`
/// to the network, and let a custom resolver forward to 168.63.129.16.
enum NameNotFound: ConnectionFaultRule {
    static let name = "name-not-found"
    static let severity = Severity.error
    static let party = Party.network
    static let isGeneric = true
    static let symptoms = ["G03", "G28"]
    static let codes: Set<String> = ["name-not-found"]

    static func verdict(_ failure: ExchangeError, host: HostProfile, connection: Connection?) -> Finding? {
        finding(
            "The name of \(host.words) could not be resolved, so it was never asked.", detail: failure.detail,
            advice: """
                Check the spelling of \(host.name).
                Resolve it on this machine: `getent hosts \(host.name)`
                If others resolve it, compare the name servers: `cat /etc/resolv.conf`
                """, evidence: [])
    }
}
