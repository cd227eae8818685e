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
        guard exchange.hasFailed, let status = exchange.status, status == 400 || status == 403 || status == 404,
            let repository = exchange.operation.repository, let first = repository.split(separator: "/").first,
            repository.contains("/"),
            marks.contains(where: { first.hasSuffix($0) }) || String(first) == exchange.host.name
        else { return nil }
        // Caches name their upstream in this way on purpose.
        guard exchange.host.product != .harbor, exchange.host.product != .artifactory else { return nil }
        let rest = String(repository.dropFirst(first.count + 1)).quotable(120)
        let isCertain = String(first) == exchange.host.name || exchange.host.product == .ecr
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords)\(isCertain ? "" : ", likely") because the repository name "
                + "\(repository.quotable(160)) begins with the host of a registry.",
            advice:
                "Give \(rest) as the repository where the registry is asked for separately: the whole name is \(exchange.host.authority)/\(rest).",
            evidence: [Evidence(exchange.seq, "request.url")], subject: exchange.host.authority + "/" + repository,
            severity: isCertain ? .error : .warning)
    }
}
