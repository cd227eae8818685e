/// What a host is in a trace.
public struct HostProfile: Sendable, Hashable {
    public enum Role: String, Sendable, Hashable {
        case registry
        case tokenServer = "token-server"
        case storage
        case notary
        /// Not known to play a part in the distribution protocol.
        case other
    }

    /// Which registry it is, by its name or by how it answers (REGISTRY-FACTS.md §2.2).
    public enum Product: String, Sendable, Hashable {
        case dockerHub = "docker-hub"
        case acr
        case mcr
        case ghcr
        case ecr
        case ecrPublic = "ecr-public"
        case gar
        case quay
        case gitlab
        case harbor
        case artifactory
        case nexus
        case kubernetes = "registry.k8s.io"
        case distribution
        case azureBlob = "azure-blob"
        case s3
        case minio
        case gcs
        case cloudFront = "cloudfront"
        case cloudflareR2 = "cloudflare-r2"
        case unknown
    }

    /// `host` or `host:port`, in lower case.
    public var authority: String
    public var role: Role
    public var product: Product
    /// The realm's challenge, or the redirect, that gave the role; nothing where its name or a path did.
    public var learntFrom: Int64?
}

/// The client, by its `User-Agent` (REGISTRY-FACTS.md §7.1).
public struct ClientProduct: Sendable, Hashable {
    /// In lower case, such as `docker`, `containerd`, `skopeo` or `curl`.
    public var name: String
    public var version: String?
    /// The field as sent.
    public var userAgent: String
}
