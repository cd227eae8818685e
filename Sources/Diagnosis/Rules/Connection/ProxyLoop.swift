import Registry
import TapeModel

/// A client asked the recorder for the recorder itself.
///
/// ## What it means
/// The name or address of the request is regtape's own, so forwarding it would go round in circles. Usually a
/// client was given regtape's address as a registry while regtape runs as a proxy.
///
/// ## How to fix it
/// As a proxy, set it as `HTTPS_PROXY`; to use it as a registry, start it with `--reverse https://REGISTRY`.
enum ProxyLoop: ConnectionFaultRule {
    static let name = "proxy-loop"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms: [String] = []
    static let codes: Set<String> = ["proxy-loop"]

    static func verdict(_ failure: ExchangeError, host: HostProfile, connection: Connection?) -> Finding? {
        finding(
            "The client asked regtape for \(host.authority), which is regtape itself.", detail: failure.detail,
            advice: """
                To record through a proxy: `HTTPS_PROXY=http://\(host.authority)`
                To pull from regtape's address itself: `regtape record --reverse https://REGISTRY`
                """, evidence: [])
    }
}
