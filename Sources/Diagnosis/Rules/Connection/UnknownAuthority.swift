import Registry
import TapeModel

/// A host presented a certificate of an authority that is not trusted.
///
/// ## What it means
/// The chain ends in a certificate that the recording machine does not know: a registry with its own CA, a
/// self-signed certificate, a missing intermediate, or a company proxy that opens TLS. Docker prints `x509:
/// certificate signed by unknown authority`.
///
/// ## How to fix it
/// Give the CA to the recorder with `--upstream-ca`, and to the clients that go without it: for Docker into
/// `/etc/docker/certs.d/HOST/ca.crt`, or into the system's store.
enum UnknownAuthority: ConnectionFaultRule {
    static let name = "unknown-authority"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["G06"]
    static let codes: Set<String> = ["certificate-unknown-authority", "certificate-unreadable"]

    static func verdict(_ failure: ExchangeError, host: HostProfile, connection: Connection?) -> Finding? {
        let issuer = connection?.certificates.last.map { " (issuer \($0.issuer))" } ?? ""
        return finding(
            "\(host.words.capitalizedFirst) presented a certificate of an authority that is not trusted\(issuer).",
            detail: failure.detail,
            advice: """
                If it is your registry's own CA, record with: `regtape record --upstream-ca CA.pem`
                Clients without the recorder need it too; for Docker: `cp CA.pem /etc/docker/certs.d/\(host.authority)/ca.crt`
                If the issuer is your company's proxy, install that proxy's CA instead.
                See what is presented: `openssl s_client -connect \(host.nameColonPort) -showcerts`
                """, evidence: [])
    }
}
