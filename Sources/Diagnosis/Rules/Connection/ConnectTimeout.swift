import Registry
import TapeModel

/// A host did not answer the attempt to connect.
///
/// ## What it means
/// Packets to the address got no answer at all: a firewall, a security group or a missing route drops them. Docker
/// prints `dial tcp …:443: i/o timeout`.
///
/// ## How to fix it
/// Open port 443 to that host, by name and not by address: registries and their storage change addresses.
enum ConnectTimeout: ConnectionFaultRule {
    static let name = "connect-timeout"
    static let severity = Severity.error
    static let party = Party.network
    static let isGeneric = true
    static let symptoms = ["G02"]
    static let codes: Set<String> = ["connect-timeout", "connect-failed"]

    static func verdict(_ failure: ExchangeError, host: HostProfile, connection: Connection?) -> Finding? {
        finding(
            "\(host.words.capitalizedFirst) could not be reached: the connection attempt got no answer.",
            detail: failure.detail,
            advice: """
                Test the way by hand: `nc -vz -w 10 \(host.nameAndPort)`
                Ask whoever runs the firewall to allow \(host.name) on that port, by name.
                Behind a company proxy, start regtape with --upstream-proxy.
                """, evidence: [])
    }
}
