import Registry
import TapeModel

/// The host is one letter away from a well-known registry.
///
/// ## What it means
/// `ghrc.io` instead of `ghcr.io`, and the like. Somebody else owns such names. Where a credential was sent, a stranger has it.
///
/// ## How to fix it
/// Correct the name. If a login was sent, revoke it.
enum MisspeltRegistry: Rule {
    static let name = "misspelt-registry"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A19"]

    private static let known = [
        "ghcr.io", "quay.io", "docker.io", "registry-1.docker.io", "mcr.microsoft.com", "registry.k8s.io",
        "public.ecr.aws",
    ]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.hasFailed, let meant = meant(exchange.host.name) else { return nil }
        return verdict(exchange.host, meant, isLeak: exchange.credentials != nil, Evidence(exchange.seq, "request.url"))
    }

    static func check(_ connection: DecodedConnection, in window: TraceWindow) -> Finding? {
        guard connection.connection.failure != nil, let meant = meant(connection.host.name) else { return nil }
        return verdict(connection.host, meant, isLeak: false, Evidence(connection.seq, "connection.failure"))
    }

    private static func verdict(_ host: HostProfile, _ meant: String, isLeak: Bool, _ evidence: Evidence) -> Finding {
        finding(
            "\(host.name) is not \(meant), but one letter away from it"
                + (isLeak ? ", and a credential was sent there." : "."),
            advice: isLeak
                ? "Correct the name to \(meant), and revoke the token or password now: a stranger may have it."
                : "Correct the name to \(meant).",
            evidence: [evidence], subject: host.name)
    }

    private static func meant(_ host: String) -> String? {
        guard !known.contains(host) else { return nil }
        return known.first { isNear(host, $0) }
    }

    /// One letter more, less or other, or two neighbours swapped.
    private static func isNear(_ one: String, _ other: String) -> Bool {
        let (a, b) = (Array(one.utf8), Array(other.utf8))
        guard abs(a.count - b.count) <= 1 else { return false }
        let prefix = zip(a, b).prefix { $0 == $1 }.count
        let suffix = zip(a.dropFirst(prefix).reversed(), b.dropFirst(prefix).reversed()).prefix { $0 == $1 }.count
        let (restA, restB) = (a.count - prefix - suffix, b.count - prefix - suffix)
        if max(restA, restB) == 1 { return true }
        return restA == 2 && restB == 2 && a[prefix] == b[prefix + 1] && a[prefix + 1] == b[prefix]
    }
}
