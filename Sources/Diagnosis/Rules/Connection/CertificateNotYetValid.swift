import Registry
import TapeModel

/// A host presented a certificate that is not valid yet.
///
/// ## What it means
/// The clock of the recording machine is before the beginning of the certificate. Nearly always that clock is behind: a
/// virtual machine after a pause, a board without a battery.
///
/// ## How to fix it
/// Correct the clock and keep it so with NTP.
enum CertificateNotYetValid: ConnectionFaultRule {
    static let name = "certificate-not-yet-valid"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["G07"]
    static let codes: Set<String> = ["certificate-not-yet-valid"]

    static func verdict(_ failure: ExchangeError, host: HostProfile, connection: Connection?) -> Finding? {
        finding(
            "The certificate of \(host.words) is not valid yet: this machine's clock is most likely behind.",
            detail: failure.detail,
            advice: """
                Compare the clock with the world's: `date -u`
                Let NTP keep it: `timedatectl set-ntp true`
                """, evidence: [])
    }
}
