/// What method and path alone say of a request, for every row of the table of endpoints (REGISTRY-FACTS.md §1).
enum PathReader {
    /// Nothing where no row fits.
    static func operation(_ method: String, _ url: TargetURL) -> Operation? {
        guard url.path.utf8.count <= longestPath else { return nil }
        let segments = url.segments
        guard let first = segments.first else { return nil }
        if first == "v2" { return DistributionPath.operation(method, segments.dropFirst(), url) }
        return vendor(method, segments, url) ?? prefixed(method, segments, url)
    }

    /// Longer than host, name and digest together can be; a stranger's path of a megabyte is not looked through.
    private static let longestPath = 16_384

    /// A registry below a path, as Artifactory's and some mirrors': only where what follows is unmistakable.
    private static func prefixed(_ method: String, _ segments: [String], _ url: TargetURL) -> Operation? {
        guard let place = segments.firstIndex(of: "v2") else { return nil }
        let rest = segments[(place + 1)...]
        // `/api/v2/` and `/api/v2/token` are other people's interfaces.
        guard rest.count >= 3 || rest.first == "_catalog" || segments[0] == "artifactory" else { return nil }
        return DistributionPath.operation(method, rest, url)
    }

    private static func vendor(_ method: String, _ segments: [String], _ url: TargetURL) -> Operation? {
        let token: Endpoint = method == "POST" ? .tokenPost : .tokenGet
        switch (segments[0], segments.count) {
        case ("oauth2", 2) where segments[1] == "exchange": return Operation(endpoint: .tokenExchange)
        case ("oauth2", 2) where segments[1] == "token": return Operation(endpoint: token)
        case ("jwt", 2) where segments[1] == "auth": return Operation(endpoint: token)
        case ("service", 2) where segments[1] == "token": return Operation(endpoint: token)
        case ("token", 1): return Operation(endpoint: token)
        case ("acr", 3...) where segments[1] == "v1": return azure(segments[2...])
        case ("helm", 3...) where segments[1] == "v1": return Operation(endpoint: .helmIndex)
        case ("extensions", 5...) where segments[1] == "v2": return signature(segments[2...])
        case ("_notary_server", _): return Operation(endpoint: .trustGet)
        case ("_storage_proxy", _), ("artifacts-downloads", _): return storage(method)
        case ("v1", 2...) where v1Resources.contains(segments[1]): return Operation(endpoint: .registryV1)
        default: break
        }
        if let lookaside = lookaside(segments) { return lookaside }
        // A realm that nobody has announced in this trace: the parameters are those of a token request.
        let asks = url[parameter: "service"] != nil
        return asks && (url[parameter: "scope"] ?? url[parameter: "account"]) != nil ? Operation(endpoint: token) : nil
    }

    private static let v1Resources: Set = ["_ping", "images", "repositories", "search", "users"]

    /// A redirect's target where its path tells: any method but reading is none.
    static func storage(_ method: String) -> Operation? {
        switch method {
        case "GET": Operation(endpoint: .storageGet)
        case "HEAD": Operation(endpoint: .storageHead)
        default: nil
        }
    }

    /// The blob that a storage path names, as `…/blobs/sha256/aa/<hex>/data` of distribution or `…/sha256:<hex>`.
    static func storedDigest(_ url: TargetURL) -> Digest? {
        guard url.path.utf8.count <= longestPath else { return nil }
        let segments = url.segments
        for segment in segments.reversed() {
            if let digest = Digest(segment) { return digest }
            if segment.utf8.count == 64, segments.contains("sha256"), let digest = Digest("sha256:" + segment) {
                return digest
            }
        }
        return nil
    }

    /// `/acr/v1/<name>`, `…/_tags/<tag>`, `…/_manifests/<digest>`, `/acr/v1/_catalog`.
    private static func azure(_ rest: ArraySlice<String>) -> Operation {
        guard rest.first != "_catalog" else { return Operation(endpoint: .acrMetadata) }
        let marker = rest.firstIndex { $0 == "_tags" || $0 == "_manifests" } ?? rest.endIndex
        var operation = Operation(endpoint: .acrMetadata, repository: rest[..<marker].joined(separator: "/"))
        guard let last = rest[marker...].dropFirst().first else { return operation }
        operation.digest = Digest(last)
        operation.reference = operation.digest.map(ManifestReference.digest) ?? .tag(last)
        return operation
    }

    /// `/extensions/v2/<name>/signatures/<digest>` (OpenShift).
    private static func signature(_ rest: ArraySlice<String>) -> Operation? {
        guard rest.count >= 3, rest.dropLast().last == "signatures" else { return nil }
        return Operation(
            endpoint: .signatureGet, repository: rest.dropLast(2).joined(separator: "/"),
            digest: rest.last.flatMap(Digest.init))
    }

    /// `<base>/<name>@sha256=<hex>/signature-<n>` (containers/image).
    private static func lookaside(_ segments: [String]) -> Operation? {
        guard let last = segments.last, last.hasPrefix("signature-"), let folder = segments.dropLast().last,
            let at = folder.lastIndex(of: "@")
        else { return nil }
        let digest = folder[folder.index(after: at)...].split(separator: "=", maxSplits: 1)
        guard digest.count == 2 else { return nil }
        let name = segments.dropLast(2) + [String(folder[..<at])]
        return Operation(
            endpoint: .signatureGet, repository: name.joined(separator: "/"),
            digest: Digest(digest.joined(separator: ":")))
    }
}
