import Registry
import TapeModel

/// The client did not accept the certificate that regtape made, so nothing of its traffic could be seen.
///
/// ## What it means
/// To record TLS, regtape presents a certificate of its own authority, and the client must trust that authority.
/// This one refused, or went away during the handshake, which most clients do in that case.
///
/// ## How to fix it
/// Install the CA: `regtape ca path` names the file, `regtape setup docker --print` says where Docker wants it, and
/// `regtape run -- COMMAND` sets everything for one command. To leave a host alone use `--passthrough HOST`.
enum RecorderNotTrusted: ConnectionFaultRule {
    static let name = "recorder-not-trusted"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms: [String] = []
    static let codes: Set<String> = ["client-refused-certificate", "client-left-handshake", "client-handshake-failed"]

    static func verdict(_ failure: ExchangeError, host: HostProfile, connection: Connection?) -> Finding? {
        // Packets show the certificate of the host itself; see `CertificateRefused`.
        guard connection?.source != .capture else { return nil }
        return finding(
            "The client \(failure.code == "client-refused-certificate" ? "does not" : "likely does not") trust regtape's CA, so its "
                + "connection to \(host.authority) could not be recorded.",
            detail: failure.detail,
            advice: """
                Let it trust the file that this prints: `regtape ca path`
                For Docker: `mkdir -p /etc/docker/certs.d/\(host.authority) && cp "$(regtape ca path)" /etc/docker/certs.d/\(host.authority)/ca.crt`
                For one command: `regtape run -- COMMAND`
                """, evidence: [])
    }
}
