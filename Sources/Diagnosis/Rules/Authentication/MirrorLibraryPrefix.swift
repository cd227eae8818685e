import Registry
import TapeModel

/// An official image was asked of a mirror without `library/`.
///
/// ## What it means
/// Docker Hub's official images lie under `library/`. Docker adds it for Hub; a mirror that is named in the image
/// does not, and answers 401 or 404.
///
/// ## How to fix it
/// Write `library/` in the name.
enum MirrorLibraryPrefix: Rule {
    static let name = "mirror-library-prefix"
    static let severity = Severity.warning
    static let party = Party.client
    static let symptoms = ["A42"]

    private static let official: Set<String> = [
        "alpine", "ubuntu", "debian", "busybox", "nginx", "redis", "postgres", "mysql", "node", "python", "golang",
        "openjdk", "hello-world", "httpd", "mongo", "rabbitmq", "registry", "docker", "php", "ruby", "memcached",
        "mariadb", "traefik", "fedora", "centos", "amazonlinux",
    ]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint.isManifestRead, let repository = exchange.operation.repository,
            official.contains(repository), exchange.isRefusedAccess && exchange.isAnonymous || exchange.status == 404
        else { return nil }
        let challenge = exchange.challenges.first ?? exchange.challenge?.challenges.first
        let leadsToHub = challenge?.realm?.contains("docker") ?? false || challenge?.service == "registry.docker.io"
        guard exchange.host.product == .dockerHub || leadsToHub else { return nil }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords) for \(repository), which was likely meant as library/\(repository).",
            detail: "Docker Hub keeps its official images under library/; only for Hub itself clients add that.",
            advice: "Write the name in full: `docker pull \(exchange.host.authority)/library/\(repository)`",
            evidence: [Evidence(exchange.seq, "request.url")], subject: exchange.host.authority + "/" + repository)
    }
}
