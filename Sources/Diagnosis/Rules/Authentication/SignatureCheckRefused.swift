import Registry
import TapeModel

/// An image can be pushed and its manifest pulled, but its signatures are refused.
///
/// ## What it means
/// The client, Docker of Red Hat's or Fedora's make, verifies signatures and asks a signature service, which
/// answered 401. The pull then fails as `unauthorized`, likely for that alone.
///
/// ## How to fix it
/// Switch the verification off for that daemon, or give it a policy that leaves this registry out.
enum SignatureCheckRefused: Rule {
    static let name = "signature-check-refused"
    static let severity = Severity.warning
    static let party = Party.client
    static let symptoms = ["A41"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .signatureGet, exchange.status == 401 || exchange.status == 403,
            !NormalCourse.contains(exchange, in: window)
        else { return nil }
        return finding(
            "\(exchange.host.authority) answered \(exchange.status ?? 0) when \(exchange.clientWords) asked for the signatures of "
                + "\(exchange.repositoryWords), which likely ends the pull.",
            advice: """
                In /etc/sysconfig/docker add to OPTIONS: --signature-verification=false, and restart the daemon.
                With podman: leave this registry out in /etc/containers/policy.json and registries.d
                """,
            evidence: [Evidence(exchange.seq, "response.status")],
            subject: exchange.host.authority + "/" + exchange.repositoryWords)
    }
}
