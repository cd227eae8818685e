import Registry
import TapeModel

/// Nothing listened at the address of a host.
///
/// ## What it means
/// The address answered the connection attempt with a reset: the machine is there, the service is not, or a firewall
/// rejects. Usual causes: the registry is stopped, or listens on another port than the image name says.
///
/// ## How to fix it
/// Start the service, or give its port in the image name (`host:port/repository`).
enum ConnectionRefused: ConnectionFaultRule {
    static let name = "connection-refused"
    static let severity = Severity.error
    static let party = Party.network
    static let isGeneric = true
    static let symptoms: [String] = []
    static let codes: Set<String> = ["connection-refused"]

    static func verdict(_ failure: ExchangeError, host: HostProfile, connection: Connection?) -> Finding? {
        finding(
            "\(host.words.capitalizedFirst) refused the connection: nothing listens there.", detail: failure.detail,
            advice: """
                Check that the service runs and that the port is right: `nc -vz \(host.nameAndPort)`
                A registry on another port than 443 needs it in the image name: \(host.name):PORT/repository
                """, evidence: [])
    }
}
