/// What a path below `/v2/` means (distribution-spec, endpoints; REGISTRY-FACTS.md §1).
///
/// Names may hold any number of components, and components that look like markers, so paths are read from their end.
enum DistributionPath {
    /// The operation of a method on a path, whose segments behind `v2` are `rest`.
    ///
    /// Nothing where it is none of the specification's.
    static func operation(_ method: String, _ rest: ArraySlice<String>, _ url: TargetURL) -> Operation? {
        guard let last = rest.last else {
            return method == "GET" || method == "HEAD" ? Operation(endpoint: .ping) : nil
        }
        switch rest.first {
        case "_catalog" where rest.count == 1: return Operation(endpoint: .catalogList)
        case "_oci": return Operation(endpoint: .extensionDiscover)
        case "token" where rest.count == 1, "auth" where rest.count == 1:
            return Operation(endpoint: method == "POST" ? .tokenPost : .tokenGet)
        default: break
        }
        if rest.contains("_trust") { return TrustPath.operation(method, rest) }
        guard rest.count >= 3 else { return nil }
        let name = rest.dropLast(2).joined(separator: "/")
        switch rest.dropLast().last {
        case "manifests": return manifest(method, name, last)
        case "blobs" where last == "uploads" || last == "upload": return start(method, name, url)
        case "blobs": return blob(method, name, last)
        case "tags" where last == "list": return Operation(endpoint: .tagsList, repository: name)
        case "referrers":
            return Operation(endpoint: .referrersGet, repository: name, digest: Digest(last))
        default: return upload(method, rest, url)
        }
    }

    /// The operation of a method on an upload's location, wherever that is (end-5, end-6, end-13, end-14).
    static func upload(_ method: String, repository: String?, session: String?, _ url: TargetURL) -> Operation {
        let endpoint: Endpoint =
            switch method {
            case "PATCH": .uploadPatch
            case "PUT": .uploadPut
            // A POST to a location that exists is how some old registries ended an upload.
            case "POST": .uploadPost
            case "GET", "HEAD": .uploadStatus
            case "DELETE": .uploadCancel
            default: .unknown
            }
        return Operation(
            endpoint: endpoint, repository: repository, digest: url[parameter: "digest"].flatMap(Digest.init),
            uploadSession: session)
    }

    private static func manifest(_ method: String, _ name: String, _ reference: String) -> Operation {
        let endpoint: Endpoint =
            switch method {
            case "GET": .manifestGet
            case "HEAD": .manifestHead
            case "PUT": .manifestPut
            case "DELETE": .manifestDelete
            default: .unknown
            }
        let digest = Digest(reference)
        return Operation(
            endpoint: endpoint, repository: name,
            reference: digest.map(ManifestReference.digest) ?? .tag(reference), digest: digest)
    }

    private static func blob(_ method: String, _ name: String, _ digest: String) -> Operation {
        let endpoint: Endpoint =
            switch method {
            case "GET": .blobGet
            case "HEAD": .blobHead
            case "DELETE": .blobDelete
            default: .unknown
            }
        return Operation(endpoint: endpoint, repository: name, digest: Digest(digest))
    }

    /// `POST …/blobs/uploads/` in its three forms (end-4a, end-4b, end-11).
    private static func start(_ method: String, _ name: String, _ url: TargetURL) -> Operation {
        guard method == "POST" else { return Operation(endpoint: .unknown, repository: name) }
        if let mount = url[parameter: "mount"] {
            return Operation(
                endpoint: .uploadMount, repository: name, digest: Digest(mount), mountFrom: url[parameter: "from"])
        }
        guard let digest = url[parameter: "digest"] else { return Operation(endpoint: .uploadStart, repository: name) }
        return Operation(endpoint: .uploadPost, repository: name, digest: Digest(digest))
    }

    /// `…/blobs/uploads/<session>`, GHCR's `…/blobs/upload/<session>`, and locations with more segments.
    private static func upload(_ method: String, _ rest: ArraySlice<String>, _ url: TargetURL) -> Operation? {
        for index in rest.indices.dropFirst().dropLast(2).reversed() where rest[index] == "blobs" {
            guard rest[index + 1] == "uploads" || rest[index + 1] == "upload" else { continue }
            return upload(
                method, repository: rest[..<index].joined(separator: "/"), session: rest.last, url)
        }
        return nil
    }
}

/// Notary v1: `/v2/<gun>/_trust/tuf/…` and its change feed (REGISTRY-FACTS.md §1.3).
enum TrustPath {
    static func operation(_ method: String, _ rest: ArraySlice<String>) -> Operation? {
        guard let place = rest.firstIndex(of: "_trust") else { return nil }
        let name = rest[..<place].joined(separator: "/")
        let endpoint: Endpoint
        if rest.last?.hasSuffix(".key") == true {
            endpoint = .trustKey
        } else {
            endpoint = method == "GET" || method == "HEAD" ? .trustGet : .trustPublish
        }
        return Operation(endpoint: endpoint, repository: name.isEmpty ? nil : name)
    }
}
