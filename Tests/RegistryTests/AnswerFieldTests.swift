import Registry
import TapeModel
import Testing

@Test(arguments: [
    ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"),
    ("Sunday, 06-Nov-94 08:49:37 GMT", "2094-11-06T08:49:37Z"),
    ("Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37Z"), ("Thu, 01 Jan 2026 00:00:00 GMT", "2026-01-01T00:00:00Z"),
    ("yesterday", nil), ("", nil), ("Sun, 99 Nov 1994 08:49:37 GMT", nil), ("Sun, 06 Nov 99999 08:49:37 GMT", nil),
])
func `a date is read in the three forms of HTTP`(text: String, expected: String?) {
    var trace = Trace()
    let decoded = trace.exchange("GET", "https://r.example/v2/", status: 200, ["Date": text])
    #expect(decoded.date == expected.flatMap(Instant.init(timestamp:)))
}

struct RateRow: Sendable {
    var fields: String
    var limit: Int?
    var remaining: Int?
    var window: Int?
    var retryAfter: Int?
}

@Test(arguments: [
    RateRow(
        fields: "RateLimit-Limit: 100;w=21600|ratelimit-remaining: 7;w=21600|Docker-RateLimit-Source: ‹source:1›",
        limit: 100, remaining: 7, window: 21_600),
    RateRow(fields: "ratelimit-limit: ;w=21600|ratelimit-remaining: ;w=21600", window: 21_600),
    RateRow(fields: "Retry-After: 120", retryAfter: 120),
    RateRow(
        fields: "Retry-After: Thu, 01 Jan 2026 00:02:00 GMT|Date: Thu, 01 Jan 2026 00:00:30 GMT", retryAfter: 90),
    RateRow(fields: "Retry-After: soon"), RateRow(fields: "Retry-After: -5", retryAfter: 0),
    RateRow(fields: "ratelimit-limit: 99999999999999999999999"),
])
func `a rate limit is read as the Hub sends it`(row: RateRow) throws {
    var decoder = TraceDecoder()
    let fields = row.fields.split(separator: "|").map { line in
        let parts = line.split(separator: ": ", maxSplits: 1).map(String.init)
        return FieldLine(parts[0], parts[1])
    }
    let exchange = Exchange(
        connection: 1, source: .proxy, started: Instant(microseconds: 0),
        request: .init(
            head: RequestHead(method: "GET", url: "https://r.example/v2/a/manifests/1", version: "HTTP/2", fields: [])),
        response: .init(head: ResponseHead(status: 429, reason: "", version: "HTTP/2", fields: fields)))
    guard case .exchange(let decoded)? = decoder.handle(.exchange(exchange), seq: 1, contents: .init()).first else {
        Issue.record("nothing was decoded")
        return
    }
    let rate = try #require(decoded.rateLimit)
    #expect(rate.limit == row.limit)
    #expect(rate.remaining == row.remaining)
    #expect(rate.window == row.window)
    #expect(rate.retryAfter == row.retryAfter)
}

@Test(arguments: [
    ("</v2/_catalog?last=b&n=2>; rel=\"next\"", "/v2/_catalog?last=b&n=2"),
    ("<https://r.example/x>;rel=next", "https://r.example/x"), ("</a>; rel=\"prev\", </b>; rel=\"next\"", "/b"),
    ("</a>; title=\"x, y; z\"; rel='first next'", "/a"), ("/v2/x?n=1; rel=\"next\"", "/v2/x?n=1"),
    ("</a>;REL=NEXT", "/a"), ("</a>", nil), ("</a>; rel=prev", nil), ("", nil), ("<", nil), ("</a>; rel=\"next", "/a"),
])
func `the next page is found in Link`(link: String, target: String?) throws {
    var trace = Trace()
    let decoded = trace.exchange(
        "GET", "https://r.example/v2/app/tags/list?n=2", status: 200, ["Link": link], answer: "{\"tags\":[\"a\",\"b\"]}"
    )
    let page = try #require(decoded.pagination)
    #expect(page.requested == 2)
    #expect(page.count == 2)
    #expect(page.link == target)
    #expect(page.next?.host == target.map { _ in "r.example" })
}

@Test func `an index names its platforms`() throws {
    var trace = Trace()
    let manifest = try #require(
        trace.exchange(
            "GET", "https://r.example/v2/app/manifests/1", status: 200,
            ["Content-Type": "application/vnd.oci.image.index.v1+json; charset=utf-8"],
            answer: """
                {"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[
                {"mediaType":"m","digest":"\(Digest.of("1"))","size":7,
                 "platform":{"os":"linux","architecture":"arm64","variant":"v8"}}],
                 "subject":{"mediaType":"s","digest":"\(Digest.of("2"))","size":9}}
                """
        ).manifest)
    #expect(manifest.isIndex)
    #expect(manifest.contentType == "application/vnd.oci.image.index.v1+json")
    #expect(manifest.manifests.map(\.platform) == ["linux/arm64/v8"])
    #expect(manifest.subject?.size == 9)
    #expect(manifest.digest?.hex == String(repeating: "ab", count: 32))
}

@Test func `an image of either schema names its layers`() throws {
    var trace = Trace()
    let pushed = try #require(
        trace.exchange(
            "PUT", "https://r.example/v2/app/manifests/1",
            content: """
                {"schemaVersion":2,"config":{"mediaType":"c","digest":"\(Digest.of("3"))","size":1},
                 "layers":[{"mediaType":"l","digest":"\(Digest.of("1"))","size":5,"urls":["https://mcr.example/x"]},
                           {"mediaType":"l","digest":"broken","size":99999999999999999999}, 7]}
                """, status: 201
        ).manifest)
    #expect(pushed.config?.size == 1)
    #expect(pushed.layers.map(\.size) == [5, nil])
    #expect(pushed.layers.first?.urls == ["https://mcr.example/x"])
    let old = try #require(
        trace.exchange(
            "GET", "https://r.example/v2/app/manifests/old", status: 200,
            answer:
                "{\"schemaVersion\":1,\"fsLayers\":[{\"blobSum\":\"\(Digest.of("1"))\"},{\"blobSum\":\"\(Digest.of("2"))\"}]}"
        ).manifest)
    #expect(old.layers.map(\.digest?.description) == [Digest.of("2"), Digest.of("1")])
    #expect(old.mediaType == nil)
}

/// REGISTRY-FACTS.md §7.1.
@Test(arguments: [
    (
        "docker/27.0.0 go/go1.21 git-commit/1 kernel/6 os/linux arch/amd64 UpstreamClient(Docker-Client/27.0.0 \\(linux\\))",
        "docker", "27.0.0"
    ),
    ("containerd/v2.0.2", "containerd", "2.0.2"), ("skopeo/1.9.3", "skopeo", "1.9.3"), ("libpod/5.0", "podman", "5.0"),
    ("containers/5.29.0 (github.com/containers/image)", "containers/image", "5.29.0"),
    ("curl/7.88.1", "curl", "7.88.1"),
    ("jib 2.5.2 jib-maven-plugin", "jib", "2.5.2"), ("Helm/3.14.0", "helm", "3.14.0"), ("oras-go", "oras-go", nil),
    ("Go-http-client/1.1", "go-http-client", "1.1"), ("buildkit/v0.29", "buildkit", "0.29"),
])
func `a client is known by its User-Agent`(userAgent: String, name: String, version: String?) {
    var trace = Trace()
    let client = trace.exchange("GET", "https://r.example/v2/", ["User-Agent": userAgent], status: 200).client
    #expect(client?.name == name)
    #expect(client?.version == version)
}

/// REGISTRY-FACTS.md §2.2, §3.1.
@Test(arguments: [
    ("registry-1.docker.io", HostProfile.Product.dockerHub, HostProfile.Role.registry),
    ("auth.docker.io", .dockerHub, .tokenServer),
    ("ex.azurecr.io", .acr, .registry), ("ex.westeurope.data.azurecr.io", .azureBlob, .storage),
    ("acct.blob.core.windows.net", .azureBlob, .storage), ("mcr.microsoft.com", .mcr, .registry),
    ("ghcr.io", .ghcr, .registry),
    ("1.dkr.ecr.eu-west-1.amazonaws.com", .ecr, .registry), ("public.ecr.aws", .ecrPublic, .registry),
    ("prod-eu-west-1-starport-layer-bucket.s3.eu-west-1.amazonaws.com", .s3, .storage),
    ("europe-docker.pkg.dev", .gar, .registry), ("eu.gcr.io", .gar, .registry),
    ("storage.googleapis.com", .gcs, .storage),
    ("quay.io", .quay, .registry), ("cdn01.quay.io", .quay, .storage), ("d1.cloudfront.net", .cloudFront, .storage),
    ("x.r2.cloudflarestorage.com", .cloudflareR2, .storage), ("registry.k8s.io", .kubernetes, .registry),
    ("blob.core.windows.net.evil.example", .unknown, .other), ("azurecr.io", .unknown, .other),
])
func `a host is known by its name`(host: String, product: HostProfile.Product, role: HostProfile.Role) {
    var trace = Trace()
    let profile = trace.exchange("BREW", "https://\(host)/", status: 200).host
    #expect(profile.product == product)
    #expect(profile.role == role)
}

@Test(arguments: [
    (
        "Www-Authenticate", "Bearer realm=\"https://h/service/token\",service=\"harbor-registry\"",
        HostProfile.Product.harbor
    ),
    ("Www-Authenticate", "BASIC realm=\"Sonatype Nexus Repository Manager\"", .nexus),
    ("Www-Authenticate", "Bearer realm=\"https://g.example/jwt/auth\",service=\"container_registry\"", .gitlab),
    ("Www-Authenticate", "Basic realm=\"Artifactory Realm\"", .artifactory), ("X-Artifactory-Id", "1", .artifactory),
    ("Server", "AzureContainerRegistry", .acr), ("Docker-Distribution-Api-Version", "registry/2.0", .distribution),
    ("Server", "nginx", .unknown),
])
func `a host is known by how it answers`(name: String, value: String, product: HostProfile.Product) {
    var trace = Trace()
    let fields: KeyValuePairs<String, String> = [name: value]
    #expect(trace.exchange("GET", "https://r.example/v2/", status: 401, fields).host.product == product)
    // What is known does not get lost with an answer that says less.
    let next = trace.exchange(
        "GET", "https://r.example/v2/", status: 200, ["Docker-Distribution-Api-Version": "registry/2.0"])
    #expect(next.host.product == (product == .unknown ? .distribution : product))
}
