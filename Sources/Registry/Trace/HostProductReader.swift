import TapeModel

/// Which product a host is, by how it answers, where its name does not say (REGISTRY-FACTS.md §2.2, §5).
enum HostProductReader {
    /// Nothing where the answer shows no product; `distribution` where it shows a registry of some kind and no more.
    static func product(_ exchange: Exchange, _ operation: Operation, _ challenges: [Challenge]) -> HostProfile.Product?
    {
        guard let fields = exchange.response?.head.fields else { return nil }
        if let product = challenges.lazy.compactMap(product).first { return product }
        if operation.endpoint.isStorage { return storage(fields) }
        var isRegistry = false
        for line in fields {
            switch line.name.lowercasedASCII {
            case "x-artifactory-id", "x-artifactory-node-id", "x-jfrog-version": return .artifactory
            case "x-harbor-request-id", "x-harbor-csrf-token": return .harbor
            case "x-github-request-id": return .ghcr
            case "x-ms-correlation-request-id": return .acr
            case "server":
                let server = String(decoding: line.value.utf8.prefix(64), as: UTF8.self).lowercasedASCII
                if server.hasPrefix("azurecontainerregistry") { return .acr }
                if server.hasPrefix("artifactory") { return .artifactory }
                if server.hasPrefix("nexus") { return .nexus }
            case "docker-distribution-api-version": isRegistry = true
            default: break
            }
        }
        return isRegistry ? .distribution : nil
    }

    private static func storage(_ fields: [FieldLine]) -> HostProfile.Product? {
        var product: HostProfile.Product?
        for line in fields {
            let name = line.name.lowercasedASCII
            if name == "server", line.value.hasPrefix("MinIO") { return .minio }
            if name == "x-guploader-uploadid" { return .gcs }
            if name == "x-amz-cf-id" { product = product ?? .cloudFront }
            if name == "x-amz-request-id" { product = product ?? .s3 }
            if name == "x-ms-request-id" || name == "x-ms-error-code" { product = product ?? .azureBlob }
        }
        return product
    }

    private static func product(_ challenge: Challenge) -> HostProfile.Product? {
        guard let realm = challenge.realm else { return nil }
        if challenge.isBasic {
            if realm.hasPrefix("Sonatype Nexus") { return .nexus }
            if realm.hasPrefix("Artifactory") { return .artifactory }
            if realm == "harbor" { return .harbor }
            return challenge.service == "ecr.amazonaws.com" ? .ecr : nil
        }
        guard challenge.isBearer, let url = TargetURL(realm) else { return nil }
        if challenge.service == "harbor-registry" { return .harbor }
        if challenge.service == "registry.docker.io" { return .dockerHub }
        switch url.path {
        case "/service/token": return .harbor
        case "/jwt/auth": return .gitlab
        case "/v2/auth": return .quay
        case let path where path.hasPrefix("/artifactory/api/docker/"): return .artifactory
        default: return nil
        }
    }
}
