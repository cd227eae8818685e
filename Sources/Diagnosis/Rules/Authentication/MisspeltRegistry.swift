import Registry
import TapeModel

/// The host is one letter away from a well-known registry.
///
/// ## What it means
/// `ghrc.io` instead of `ghcr.io`, and the like. Somebody else owns such names. Where a credential was sent, a
/// stranger has it.
///
/// ## How to fix it
/// Correct the name. If a login was sent, revoke it.
enum MisspeltRegistry: Rule {
    static let name = "misspelt-registry"
    static let severity = Severity.error
    static let party = Party.client
    static let interest: Interest = [.failures, .credentials]
    // A credential that was sent stays known, whatever was answered.
    static let isCuredBySuccess = false
    static let symptoms = ["A19"]

    /// Registries in their own right that are one letter away from one of the others.
    private static let others: Set<String> = ["gcr.io", "icr.io", "lscr.io", "dhi.io"]
    private static let known = [
        "ghcr.io", "quay.io", "docker.io", "registry-1.docker.io", "mcr.microsoft.com", "registry.k8s.io",
        "public.ecr.aws",
    ]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard let meant = meant(exchange.url.host) else { return nil }
        return verdict(exchange.host, meant, isLeak: exchange.credentials != nil, Evidence(exchange.seq, "request.url"))
    }

    static func check(_ connection: DecodedConnection, in window: TraceWindow) -> Finding? {
        guard connection.connection.failure != nil, let meant = meant(connection.host.name) else { return nil }
        return verdict(connection.host, meant, isLeak: false, Evidence(connection.seq, "connection.failure"))
    }

    private static func verdict(_ host: HostProfile, _ meant: String, isLeak: Bool, _ evidence: Evidence) -> Finding {
        finding(
            "\(host.name) was asked, which is one letter away from the registry \(meant)"
                + (isLeak ? ", and a credential was sent there." : "."),
            advice: isLeak
                ? "Correct the name to \(meant), and revoke the token or password now: a stranger may have it."
                : "Correct the name to \(meant).",
            evidence: [evidence], subject: host.name)
    }

    private static func meant(_ host: String) -> String? {
        guard !known.contains(host), !others.contains(host) else { return nil }
        return known.first { isNear(host, $0) }
    }

    /// One letter more, less or other, or two neighbours swapped.
    private static func isNear(_ one: String, _ other: String) -> Bool {
        guard abs(one.utf8.count - other.utf8.count) <= 1 else { return false }
        let (a, b) = (Array(one.utf8), Array(other.utf8))
        let prefix = zip(a, b).prefix { $0 == $1 }.count
        let suffix = zip(a.dropFirst(prefix).reversed(), b.dropFirst(prefix).reversed()).prefix { $0 == $1 }.count
        let (restA, restB) = (a.count - prefix - suffix, b.count - prefix - suffix)
        if max(restA, restB) == 1 { return true }
        return restA == 2 && restB == 2
            && a.dropFirst(prefix).prefix(2).elementsEqual(b.dropFirst(prefix).prefix(2).reversed())
    }
}
