import Registry
import TapeModel

/// The name of a registry stands within the name of a repository.
///
/// ## What it means
/// Where a tool asked for the repository, the whole image name was given, so the host is in it twice:
/// `registry/registry.example.com/app`.
///
/// ## How to fix it
/// Give the repository alone where the registry is asked for separately.
enum RegistryInRepositoryName: Rule {
    static let name = "registry-in-repository-name"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["D04"]

    private static let marks = [
        ".amazonaws.com", ".azurecr.io", "public.ecr.aws", "ghcr.io", "quay.io", "docker.io", ".pkg.dev", "gcr.io",
    ]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.hasFailed, let status = exchange.status, (400..<500).contains(status), status != 429,
            let repository = exchange.operation.repository, let first = repository.split(separator: "/").first,
            repository.contains("/"),
            marks.contains(where: { first.hasSuffix($0) }) || String(first) == exchange.host.name,
            status != 401 || exchange.credentials != nil
        else { return nil }
        // Caches name their upstream in this way on purpose.
        guard exchange.host.product != .harbor, exchange.host.product != .artifactory else { return nil }
        let rest = repository.dropFirst(first.count + 1)
        return finding(
            "The repository name \(repository) begins with a registry's host, \(first) (exchange \(exchange.seq)).",
            advice: "Give \(rest) as the repository; the registry is named apart from it.",
            evidence: [Evidence(exchange.seq, "request.url")], subject: exchange.host.authority + "/" + repository)
    }
}
