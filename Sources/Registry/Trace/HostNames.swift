/// Which hosts are whose, by name (REGISTRY-FACTS.md §2.2, §3.1).
enum HostNames {
    struct Known: Sendable, Hashable {
        var product: HostProfile.Product
        var role: HostProfile.Role
    }

    /// Nothing for a name that belongs to nobody in particular.
    static func known(_ host: String) -> Known? {
        if let known = exact[host] { return known }
        for (suffix, known) in suffixes where host.utf8.count > suffix.utf8.count && host.hasSuffix(suffix) {
            return known
        }
        return amazon(host)
    }

    private static let exact: [String: Known] = [
        "registry-1.docker.io": Known(product: .dockerHub, role: .registry),
        "index.docker.io": Known(product: .dockerHub, role: .registry),
        "docker.io": Known(product: .dockerHub, role: .registry),
        "registry.hub.docker.com": Known(product: .dockerHub, role: .registry),
        "registry.ipv6.docker.com": Known(product: .dockerHub, role: .registry),
        "auth.docker.io": Known(product: .dockerHub, role: .tokenServer),
        "auth.ipv6.docker.com": Known(product: .dockerHub, role: .tokenServer),
        "notary.docker.io": Known(product: .dockerHub, role: .notary),
        "production.cloudflare.docker.com": Known(product: .dockerHub, role: .storage),
        "production.cloudfront.docker.com": Known(product: .cloudFront, role: .storage),
        "mcr.microsoft.com": Known(product: .mcr, role: .registry),
        "ghcr.io": Known(product: .ghcr, role: .registry),
        "docker.pkg.github.com": Known(product: .ghcr, role: .registry),
        "pkg-containers.githubusercontent.com": Known(product: .azureBlob, role: .storage),
        "public.ecr.aws": Known(product: .ecrPublic, role: .registry),
        "gcr.io": Known(product: .gar, role: .registry),
        "storage.googleapis.com": Known(product: .gcs, role: .storage),
        "quay.io": Known(product: .quay, role: .registry),
        "registry.gitlab.com": Known(product: .gitlab, role: .registry),
        "gitlab.com": Known(product: .gitlab, role: .tokenServer),
        "registry.k8s.io": Known(product: .kubernetes, role: .registry),
    ]

    /// The longer ones first.
    private static let suffixes: [(String, Known)] = [
        (".data.azurecr.io", Known(product: .azureBlob, role: .storage)),
        (".azurecr.io", Known(product: .acr, role: .registry)),
        (".azurecr.cn", Known(product: .acr, role: .registry)),
        (".azurecr.us", Known(product: .acr, role: .registry)),
        (".blob.core.windows.net", Known(product: .azureBlob, role: .storage)),
        (".blob.core.chinacloudapi.cn", Known(product: .azureBlob, role: .storage)),
        (".blob.core.usgovcloudapi.net", Known(product: .azureBlob, role: .storage)),
        (".data.mcr.microsoft.com", Known(product: .mcr, role: .storage)),
        (".cdn.mscr.io", Known(product: .mcr, role: .storage)),
        (".storage.googleapis.com", Known(product: .gcs, role: .storage)),
        (".pkg.dev", Known(product: .gar, role: .registry)),
        (".gcr.io", Known(product: .gar, role: .registry)),
        (".quay.io", Known(product: .quay, role: .storage)),
        (".r2.cloudflarestorage.com", Known(product: .cloudflareR2, role: .storage)),
        (".cloudfront.net", Known(product: .cloudFront, role: .storage)),
        (".jfrog.io", Known(product: .artifactory, role: .registry)),
    ]

    /// `<account>.dkr.ecr.<region>.amazonaws.com[.cn]`, and S3 in its many spellings.
    private static func amazon(_ host: String) -> Known? {
        guard host.hasSuffix(".amazonaws.com") || host.hasSuffix(".amazonaws.com.cn") else { return nil }
        let labels = host.split(separator: ".").dropLast(2)
        if labels.contains("ecr") || labels.contains("ecr-fips") { return Known(product: .ecr, role: .registry) }
        if labels.contains(where: { $0 == "s3" || $0.hasPrefix("s3-") }) {
            return Known(product: .s3, role: .storage)
        }
        return nil
    }
}
