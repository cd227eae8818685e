import Registry
import TapeModel
import Testing

private let blob = Digest.of("a")

/// One row: request line, endpoint, repository, reference or digest.
struct Row: Sendable, CustomStringConvertible {
    var method: String
    var path: String
    var endpoint: Endpoint
    var repository: String?
    var reference: String?

    init(
        _ method: String, _ path: String, _ endpoint: Endpoint, _ repository: String? = nil, _ reference: String? = nil
    ) {
        (self.method, self.path, self.endpoint) = (method, path, endpoint)
        (self.repository, self.reference) = (repository, reference)
    }

    var description: String { "\(method) \(path)" }
}

/// REGISTRY-FACTS.md §1.1 and §1.3, row by row.
@Test(arguments: [
    Row("GET", "/v2/", .ping), Row("GET", "/v2", .ping), Row("HEAD", "/v2/", .ping),
    Row("GET", "/v2/app/blobs/\(blob)", .blobGet, "app", blob),
    Row("HEAD", "/v2/a/b/c/d/e/blobs/\(blob)", .blobHead, "a/b/c/d/e", blob),
    Row("DELETE", "/v2/app/blobs/\(blob)", .blobDelete, "app", blob),
    Row("GET", "/v2/app/manifests/1.0", .manifestGet, "app", "1.0"),
    Row("GET", "/v2/library/hello-world/manifests/\(blob)", .manifestGet, "library/hello-world", blob),
    Row("HEAD", "/v2/app/manifests/latest", .manifestHead, "app", "latest"),
    Row("PUT", "/v2/app/manifests/1", .manifestPut, "app", "1"),
    Row("PUT", "/v2/app/manifests/\(blob)?tag=1&tag=2", .manifestPut, "app", blob),
    Row("DELETE", "/v2/app/manifests/\(blob)", .manifestDelete, "app", blob),
    Row("POST", "/v2/app/blobs/uploads/", .uploadStart, "app"),
    Row("POST", "/v2/app/blobs/uploads", .uploadStart, "app"),
    Row("POST", "/v2/app/blobs/uploads/?digest-algorithm=sha512", .uploadStart, "app"),
    Row("POST", "/v2/app/blobs/uploads/?digest=\(blob)", .uploadPost, "app", blob),
    Row("POST", "/v2/app/blobs/uploads/?mount=\(blob)&from=library/base", .uploadMount, "app", blob),
    Row("PATCH", "/v2/app/blobs/uploads/7b1f?_state=x", .uploadPatch, "app"),
    Row("PUT", "/v2/app/blobs/uploads/7b1f?_state=x&digest=\(blob)", .uploadPut, "app", blob),
    Row("GET", "/v2/app/blobs/uploads/7b1f", .uploadStatus, "app"),
    Row("DELETE", "/v2/app/blobs/uploads/7b1f", .uploadCancel, "app"),
    Row("PATCH", "/v2/o/i/blobs/upload/2f9e", .uploadPatch, "o/i"),
    Row("GET", "/v2/app/tags/list", .tagsList, "app"),
    Row("GET", "/v2/app/tags/list?n=10&last=1", .tagsList, "app"),
    Row("GET", "/v2/app/referrers/\(blob)?artifactType=x", .referrersGet, "app", blob),
    Row("GET", "/v2/_catalog?n=100", .catalogList),
    Row("GET", "/v2/_oci/ext/discover", .extensionDiscover),
    Row("POST", "/oauth2/exchange", .tokenExchange), Row("POST", "/oauth2/token", .tokenPost),
    Row("GET", "/oauth2/token?service=x", .tokenGet), Row("GET", "/jwt/auth?service=x", .tokenGet),
    Row("GET", "/service/token", .tokenGet), Row("GET", "/v2/auth?service=quay.io", .tokenGet),
    Row("GET", "/v2/token", .tokenGet), Row("GET", "/token?service=ghcr.io", .tokenGet),
    Row("GET", "/artifactory/api/docker/local/v2/token", .tokenGet),
    Row("GET", "/auth?service=x&scope=repository:app:pull", .tokenGet),
    Row("GET", "/acr/v1/_catalog", .acrMetadata), Row("PATCH", "/acr/v1/team/app", .acrMetadata, "team/app"),
    Row("GET", "/acr/v1/app/_tags?n=5", .acrMetadata, "app"),
    Row("DELETE", "/acr/v1/app/_tags/1", .acrMetadata, "app", "1"),
    Row("PATCH", "/acr/v1/app/_manifests/\(blob)", .acrMetadata, "app", blob),
    Row("GET", "/helm/v1/repo/index.yaml", .helmIndex),
    Row("GET", "/v2/docker.io/library/app/_trust/tuf/root.json", .trustGet, "docker.io/library/app"),
    Row("GET", "/v2/app/_trust/tuf/targets/releases.abc.json", .trustGet, "app"),
    Row("POST", "/v2/app/_trust/tuf/", .trustPublish, "app"),
    Row("DELETE", "/v2/app/_trust/tuf/", .trustPublish, "app"),
    Row("GET", "/v2/app/_trust/tuf/snapshot.key", .trustKey, "app"),
    Row("POST", "/v2/app/_trust/tuf/timestamp.key", .trustKey, "app"),
    Row("GET", "/v2/app/_trust/changefeed", .trustGet, "app"), Row("GET", "/v2/_trust/changefeed", .trustGet),
    Row("GET", "/_notary_server/health", .trustGet),
    Row("GET", "/extensions/v2/ns/app/signatures/\(blob)", .signatureGet, "ns/app", blob),
    Row(
        "GET", "/sigstore/ns/app@sha256=\(String(repeating: "a", count: 64))/signature-1", .signatureGet,
        "sigstore/ns/app", blob),
    Row(
        "GET", "/v2/app/manifests/sha256-\(String(repeating: "a", count: 64)).sig", .manifestGet, "app",
        "sha256-\(String(repeating: "a", count: 64)).sig"),
    Row("GET", "/_storage_proxy/eyJ/https/s3.example/x", .storageGet),
    Row("GET", "/artifacts-downloads/namespaces/p/repositories/r/downloads/AAA", .storageGet),
    Row("GET", "/v1/_ping", .registryV1), Row("GET", "/v1/repositories/app/images", .registryV1),
    // Names as people write them.
    Row("GET", "/v2/v2/app/manifests/1", .manifestGet, "v2/app", "1"),
    Row("GET", "/v2/MyApp/manifests/Latest", .manifestGet, "MyApp", "Latest"),
    Row("GET", "/v2/a%2Fb/blobs/sha256%3A\(String(repeating: "a", count: 64))", .blobGet, "a/b", blob),
    Row("GET", "/v2/app/manifests/blobs/manifests/1", .manifestGet, "app/manifests/blobs", "1"),
    Row("GET", "/v2/app/blobs/uploads/manifests/1", .manifestGet, "app/blobs/uploads", "1"),
    Row("GET", "/v2/app//manifests/1", .manifestGet, "app", "1"),
    Row("GET", "/artifactory/api/docker/local/v2/app/manifests/1", .manifestGet, "app", "1"),
    Row("GET", "/artifactory/api/docker/local/v2/", .ping),
    Row("GET", "/", .unknown), Row("GET", "/index.html", .unknown), Row("GET", "/api/v2/", .unknown),
    Row("GET", "/v2/manifests/1", .unknown), Row("BREW", "/v2/", .unknown),
    Row("GET", "/%zz/%", .unknown),
])
func `a request line means its row of the endpoint table`(row: Row) {
    var trace = Trace()
    let decoded = trace.exchange(row.method, "https://registry.example" + row.path, status: 200)
    #expect(decoded.operation.endpoint == row.endpoint)
    #expect(decoded.operation.repository == row.repository)
    #expect((decoded.operation.reference?.description ?? decoded.operation.digest?.description) == row.reference)
}

@Test func `a mount names its source and an upload its session`() {
    var trace = Trace()
    let mount = trace.exchange(
        "POST", "https://r.example/v2/app/blobs/uploads/?mount=\(blob)&from=library%2Fbase", status: 201)
    #expect(mount.operation.mountFrom == "library/base")
    let chunk = trace.exchange(
        "PATCH", "https://r.example/v2/app/blobs/uploads/7b1f", ["Content-Range": "0-99"], status: 202)
    #expect(chunk.operation.uploadSession == "7b1f")
    #expect(chunk.operation.range == ByteRange(first: 0, last: 99, hasUnit: false))
}
