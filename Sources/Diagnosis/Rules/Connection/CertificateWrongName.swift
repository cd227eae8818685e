import Registry
import TapeModel

/// A host presented a certificate for other names.
///
/// ## What it means
/// The certificate is good but stands for other hosts: the image name uses an alias or an address, or another
/// server answers there. Docker prints `x509: certificate is valid for …, not …`.
///
/// ## How to fix it
/// Use a name that the certificate has, or get one that has this name (subjectAltName; the common name does not count).
enum CertificateWrongName: ConnectionFaultRule {
    static let name = "certificate-wrong-name"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["G08"]
    static let codes: Set<String> = ["certificate-name-mismatch"]

    static func verdict(_ failure: ExchangeError, host: HostProfile, connection: Connection?) -> Finding? {
        let names = connection?.certificates.first?.names.prefix(4).joined(separator: ", ") ?? ""
        let valid = names.isEmpty ? "other names" : names
        return finding(
            "The certificate of \(host.words) is for \(valid), not for \(host.name).", detail: failure.detail,
            advice: """
                Use a name of the certificate in the image name, or add \(host.name) to its subjectAltName.
                If you expected another server there, check where the name leads: `getent hosts \(host.name)`
                """, evidence: [])
    }
}
