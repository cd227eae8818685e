import Registry
import TapeModel

/// A client spoke TLS to a server that answered in plain HTTP.
///
/// ## What it means
/// The port speaks HTTP without TLS. Docker prints `server gave HTTP response to HTTPS client`.
///
/// ## How to fix it
/// Give the registry a certificate, or tell the clients that it has none: `insecure-registries` in Docker's
/// daemon.json, `--plain-http` or `--tls-verify=false` elsewhere.
enum PlainHTTPRegistry: ConnectionFaultRule {
    static let name = "plain-http-registry"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["G09"]
    static let codes: Set<String> = ["not-tls"]

    static func verdict(_ failure: ExchangeError, host: HostProfile, connection: Connection?) -> Finding? {
        finding(
            "\(host.words.capitalizedFirst) does not speak TLS on this port, but the client did.",
            detail: failure.detail,
            advice: """
                Better: give the registry a certificate.
                Else tell the client; for Docker in /etc/docker/daemon.json: `{"insecure-registries": ["\(host.authority)"]}`
                """, evidence: [])
    }
}
