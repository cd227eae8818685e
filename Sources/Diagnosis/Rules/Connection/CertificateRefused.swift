import Registry
import TapeModel

/// The client did not accept the certificate of a host, as packet capture saw it.
///
/// ## What it means
/// The client broke off the TLS handshake with an alert about the certificate: `unknown_ca` where it does not know the
/// authority that signed it, `bad_certificate` and `certificate_unknown` for most other doubts. Docker prints `x509:
/// certificate signed by unknown authority`. Nothing was between the two that changed it, or a proxy that opens TLS was.
///
/// ## How to fix it
/// See who signed the certificate. If it is an authority of your own, or a company proxy's, let the client trust it;
/// if it is neither, find out who answers under that name.
enum CertificateRefused: ConnectionFaultRule {
    static let name = "certificate-refused"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms: [String] = []
    static let codes: Set<String> = ["client-refused-certificate"]

    static func verdict(_ failure: ExchangeError, host: HostProfile, connection: Connection?) -> Finding? {
        // A recording proxy shows a certificate of its own, and then it is that one.
        guard let connection, connection.source == .capture else { return nil }
        let issuer = connection.certificates.first.map { ", issued by \($0.issuer.quotable(120))" } ?? ""
        return finding(
            "The client does not trust the certificate of \(host.words)\(issuer).",
            detail: failure.detail,
            advice: """
                See who signed it: `openssl s_client -connect \(host.nameColonPort) -servername \(host.name) -showcerts </dev/null`
                For Docker put the CA there: `/etc/docker/certs.d/\(host.authority)/ca.crt`
                For other clients install it system-wide: `update-ca-certificates`, or `update-ca-trust` on Red Hat's systems.
                """, evidence: [])
    }
}
