import TapeModel

/// Says what a request means, by everything the trace has shown so far.
///
/// A path alone misleads: a token server may live anywhere, storage everywhere. So what challenges, redirects and upload
/// locations have announced goes first, then the path, then the host's name.
struct OperationReader {
    var realms: RealmTable
    var uploads: UploadTable
    /// The redirect that the request follows.
    var followed: RedirectTable.Entry?
    var host: HostProfile

    func operation(_ request: RequestHead, _ url: TargetURL) -> Operation {
        var operation = meaning(request.method, url)
        if operation.endpoint.isUpload {
            operation.range = request.fields.first("content-range").flatMap { ByteRange(contentRange: $0) }
        } else {
            operation.range = request.fields.first("range").flatMap { ByteRange(range: $0) }
        }
        return operation
    }

    private func meaning(_ method: String, _ url: TargetURL) -> Operation {
        guard method != "CONNECT" else { return Operation(endpoint: .connect) }
        let byPath = PathReader.operation(method, url)
        if byPath?.repository == nil, realms.learntFrom(url) != nil {
            if byPath?.endpoint == .tokenExchange { return Operation(endpoint: .tokenExchange) }
            return Operation(endpoint: method == "POST" ? .tokenPost : .tokenGet)
        }
        if byPath?.endpoint.isUpload != true, let number = uploads.session(at: url), let session = uploads[number] {
            return DistributionPath.upload(
                method, repository: session.repository ?? byPath?.repository, session: url.segments.last, url)
        }
        if let byPath, !byPath.endpoint.isStorage { return byPath }
        if let followed, let operation = Self.following(followed.source.operation, method) { return operation }
        if let byPath { return byPath }
        if host.role == .storage, var operation = PathReader.storage(method) {
            operation.digest = PathReader.storedDigest(url)
            return operation
        }
        if host.role == .registry, url.path.utf8.starts(with: "/v1/".utf8) { return Operation(endpoint: .registryV1) }
        return Operation(endpoint: .unknown)
    }

    /// What a request behind a redirect is for, where its own URL does not tell.
    private static func following(_ source: Operation, _ method: String) -> Operation? {
        var operation = source
        operation.range = nil
        if source.endpoint.isToken { return operation }
        if source.endpoint.isUpload {
            switch method {
            case "PATCH": operation.endpoint = .uploadPatch
            case "PUT": operation.endpoint = .uploadPut
            default: break
            }
            return operation
        }
        switch source.endpoint {
        case .blobGet, .blobHead, .manifestGet, .manifestHead, .storageGet, .storageHead, .helmIndex, .referrersGet,
            .signatureGet:
            guard let storage = PathReader.storage(method) else { return nil }
            operation.endpoint = storage.endpoint
            return operation
        default: return nil
        }
    }
}
