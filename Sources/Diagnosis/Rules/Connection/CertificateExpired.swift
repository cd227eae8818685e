import Registry
import TapeModel

/// A host presented a certificate that has expired.
///
/// ## What it means
/// The clock of the recording machine is past the end of the certificate, or of one above it. Docker prints `x509:
/// certificate has expired or is not yet valid`.
///
/// ## How to fix it
/// Renew the certificate on the server and reload it; where the certificate is new, correct this machine's clock.
enum CertificateExpired: ConnectionFaultRule {
    static let name = "certificate-expired"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["G07"]
    static let codes: Set<String> = ["certificate-expired"]

    static func verdict(_ failure: ExchangeError, host: HostProfile, connection: Connection?) -> Finding? {
        let end = connection?.certificates.map(\.notAfter).min().map { " on \($0.timestamp.prefix(10))" } ?? ""
        return finding(
            "The certificate of \(host.words) expired\(end).", detail: failure.detail,
            advice: """
                Renew the certificate of \(host.name) and reload the server.
                If it was renewed already, the server still presents the old one, or this machine's clock is wrong: `date -u`
                """, evidence: [])
    }
}
