import Registry
import TapeModel
import Testing

private let challenge =
    "Bearer realm=\"https://auth.example/token\",service=\"registry.example\",scope=\"repository:app:pull\""
private let layer = Digest.of("1")
private let blobURL = "https://registry.example/v2/app/blobs/\(layer)"
private let signed = "https://blobs.example/data/\(layer)?se=2026-01-01T00%3A20%3A00Z&sig=‹sas:91be02aa›&sv=2018"

@Test func `a retry knows its challenge and the token that it shows`() throws {
    var trace = Trace()
    let url = "https://registry.example/v2/app/manifests/1"
    let refused = trace.exchange("GET", url, status: 401, ["Www-Authenticate": challenge])
    #expect(refused.challenges.first?.scopes == [TokenScope(type: "repository", name: "app", actions: ["pull"])])
    let token = trace.exchange(
        "GET", "https://auth.example/token?service=registry.example&scope=repository:app:pull",
        ["Authorization": "Basic ‹basic:0a0a0a0a›"], status: 200,
        answer: "{\"token\":\"‹token:7f3a91c2›\",\"expires_in\":300}")
    #expect(token.operation.endpoint == .tokenGet)
    #expect(token.host.role == .tokenServer)
    #expect(token.host.learntFrom == refused.seq)
    #expect(token.tokenRequest?.isAnonymous == false)
    #expect(token.tokenAnswer?.expiresIn == 300)
    let retry = trace.exchange("GET", url, ["Authorization": "Bearer ‹bearer:7f3a91c2›"], status: 200)
    #expect(retry.challenge?.seq == refused.seq)
    let grant = try #require(retry.grant)
    #expect(grant.seq == token.seq)
    #expect(grant.request.scopes.map(\.description) == ["repository:app:pull"])
    #expect(grant.expires.microseconds(since: grant.granted) == 300_000_000)
    #expect(Set([refused, token, retry].map(\.workflow)) == [1])
}

@Test func `a realm decides, not the path`() {
    var trace = Trace()
    trace.exchange(
        "GET", "https://r.example/v2/", status: 401,
        ["WWW-Authenticate": "bearer realm=https://id.example/a/b?x=1, service=r"])
    let token = trace.exchange(
        "GET", "https://id.example/a/b?x=1&service=r", status: 200, answer: "{\"access_token\":\"t\"}")
    #expect(token.operation.endpoint == .tokenGet)
    #expect(token.tokenAnswer?.saysExpiry == false)
    #expect(token.tokenAnswer?.expiresIn == 60)
}

@Test func `a token of a JWT is known by its signature, and its claims tell when it ends`() throws {
    let claims = Base64URL.encode(
        "{\"exp\":1767229200,\"sub\":\"\",\"aud\":\"r\",\"access\":[{\"type\":\"repository\",\"name\":\"app\",\"actions\":[\"pull\"]}]}"
    )
    let jwt = "\(Base64URL.encode("{\"alg\":\"ES256\",\"kid\":\"k\"}")).\(claims).‹jwt:55aa55aa›"
    var trace = Trace()
    trace.exchange(
        "GET", "https://r.example/token?service=r&scope=repository:app:pull,push", status: 200,
        answer: "{\"token\":\"\(jwt)\"}")
    let retry = trace.exchange(
        "PUT", "https://r.example/v2/app/manifests/1", ["Authorization": "Bearer \(jwt)"], status: 401)
    let grant = try #require(retry.grant)
    #expect(grant.expires == Instant(microseconds: 1_767_229_200_000_000))
    #expect(retry.credentials?.claims?.isAnonymous == true)
    #expect(retry.credentials?.claims?.keyID == "k")
    #expect(grant.answer.claims?.access == [TokenScope(type: "repository", name: "app", actions: ["pull"])])
    #expect(grant.request.isAnonymous)
}

@Test func `a secret that was kept is one identity in field and answer, and no identity shows it`() {
    var trace = Trace()
    trace.exchange(
        "GET", "https://r.example/token?service=r&scope=repository:app:pull", status: 200,
        answer: "{\"token\":\"opaque-secret-of-ten\"}")
    let retry = trace.exchange(
        "GET", "https://r.example/v2/app/tags/list", ["authorization": "bearer  opaque-secret-of-ten"], status: 200)
    #expect(retry.grant?.seq == 1)
    #expect(retry.credentials?.identity.contains("secret") == false)
}

@Test(arguments: [
    "/ab12//docker/registry/v2/blobs/sha256/11/\(String(repeating: "1", count: 64))/data", "/ghcr1/blobs/\(layer)",
])
func `a storage host is known by its name, and the blob by its path`(path: String) {
    var trace = Trace()
    let storage = trace.exchange("GET", "https://account.blob.core.windows.net" + path, status: 200)
    #expect(storage.operation.endpoint == .storageGet)
    #expect(storage.operation.digest?.description == layer)
}

@Test func `a request behind a redirect knows what it is for and what was sent along`() throws {
    var trace = Trace()
    let basic = ["Authorization": "Basic ‹basic:0a0a0a0a›"] as KeyValuePairs
    let registry = trace.exchange("GET", blobURL, basic, status: 307, ["Location": signed])
    let redirect = try #require(registry.redirect)
    #expect(redirect.crossesOrigin)
    #expect(redirect.signature?.scheme == .azureSAS)
    #expect(redirect.signature?.expires == Instant(timestamp: "2026-01-01T00:20:00Z"))
    let storage = trace.exchange(
        "GET", signed, basic, status: 400, ["Content-Type": "application/xml"],
        answer:
            "\u{FEFF}<?xml version=\"1.0\"?><Error><Code>InvalidAuthenticationInfo</Code><Message>m &amp; n</Message></Error>"
    )
    #expect(storage.operation.endpoint == .storageGet)
    #expect(storage.operation.digest?.description == layer)
    #expect(storage.host.role == .storage)
    #expect(storage.host.learntFrom == registry.seq)
    #expect(storage.redirectSource?.seq == registry.seq)
    #expect(storage.redirectSource?.credentials?.identity == storage.credentials?.identity)
    #expect(storage.storageError?.code == "InvalidAuthenticationInfo")
    #expect(storage.storageError?.message == "m & n")
    #expect(storage.answerer == .storage)
    let hop = try #require(trace.summary.redirects.first)
    #expect(hop.followedBy == storage.seq)
    #expect(hop.carriedCredentials)
}

@Test func `a redirect within a host is followed by its path`() {
    var trace = Trace()
    let downloads = "/artifacts-downloads/namespaces/p/repositories/r/downloads/‹path:12ab›"
    trace.exchange(
        "GET", "https://europe-docker.pkg.dev/v2/p/r/app/blobs/\(layer)", status: 302, ["location": downloads])
    let storage = trace.exchange("GET", "https://europe-docker.pkg.dev" + downloads, status: 200, receives: 100)
    #expect(storage.operation.endpoint == .storageGet)
    #expect(storage.redirectSource?.seq == 1)
    #expect(storage.host.role == .registry)
    #expect(storage.signature?.scheme == .path)
}

@Test func `of two clients each follows its own redirect`() {
    var trace = Trace()
    let target = "https://blobs.example/unsigned/\(layer)"
    for agent in ["docker/27.0.0", "containerd/v2.0.2"] {
        trace.exchange("GET", blobURL, ["User-Agent": agent], status: 307, ["Location": target])
    }
    #expect(trace.exchange("GET", target, ["User-Agent": "docker/27.0.0"], status: 200).redirectSource?.seq == 1)
    #expect(trace.exchange("GET", target, ["User-Agent": "containerd/v2.0.2"], status: 200).redirectSource?.seq == 2)
}

@Test func `of two redirects to one path the one with the same query is followed`() {
    var trace = Trace()
    for signature in ["1", "2"] {
        trace.exchange(
            "GET", blobURL, status: 307, ["Location": "https://blobs.example/x?se=2026-01-01&sig=‹sas:\(signature)›"])
    }
    let first = trace.exchange("GET", "https://blobs.example/x?se=2026-01-01&sig=‹sas:1›", status: 200)
    #expect(first.redirectSource?.seq == 1)
    // A URL that was written anew on its way is still known by its path.
    let altered = trace.exchange("GET", "https://blobs.example/x?se=2026-01-01&sig=‹sas:9›", status: 403)
    #expect(altered.redirectSource?.seq == 2)
}

@Test func `a redirect to another registry is what its path says`() {
    var trace = Trace()
    let target = "https://europe-docker.pkg.dev/v2/k8s/images/pause/manifests/3.9"
    trace.exchange("GET", "https://registry.k8s.io/v2/pause/manifests/3.9", status: 307, ["Location": target])
    let manifest = trace.exchange("GET", target, status: 200)
    #expect(manifest.operation.endpoint == .manifestGet)
    #expect(manifest.redirectSource?.seq == 1)
    #expect(manifest.host.product == .gar)
}

@Test func `an upload is one session whatever its location becomes`() throws {
    var trace = Trace()
    let state =
        "‹state:11›"
        + Base64URL.encode("{\"Name\":\"app\",\"UUID\":\"u1\",\"Offset\":0,\"StartedAt\":\"2026-01-01T00:00:00Z\"}")
    let later =
        "‹state:22›"
        + Base64URL.encode("{\"Name\":\"app\",\"UUID\":\"u1\",\"Offset\":100,\"StartedAt\":\"2026-01-01T00:00:00Z\"}")
    let start = trace.exchange(
        "POST", "https://r.example/v2/app/blobs/uploads/", status: 202,
        ["Location": "/v2/app/blobs/uploads/u1?_state=\(state)", "Range": "0-0"])
    #expect(start.upload?.ordinal == 1)
    #expect(start.upload?.offsetAfter == 0)
    let chunk = trace.exchange(
        "PATCH", "https://r.example/v2/app/blobs/uploads/u1?_state=\(state)", ["Content-Range": "0-99"], sends: 100,
        status: 202, ["Location": "/v2/app/blobs/uploads/u1?_state=\(later)", "Range": "0-99"])
    let step = try #require(chunk.upload)
    #expect(step.startedBy == start.seq)
    #expect(step.expectedLocation == "/v2/app/blobs/uploads/u1?_state=\(state)")
    #expect(step.offsetBefore == 0)
    #expect(step.stateOffset == 0)
    #expect(step.stateStarted == Instant(timestamp: "2026-01-01T00:00:00Z"))
    #expect(step.offsetAfter == 100)
    #expect(step.ordinal == 2)
    let stale = trace.exchange(
        "PATCH", "https://r.example/v2/app/blobs/uploads/u1?_state=\(state)", ["Content-Range": "0-99"], sends: 100,
        status: 416, ["Range": "0-99"])
    #expect(stale.upload?.stateOffset == 0)
    #expect(stale.upload?.offsetBefore == 100)
    let end = trace.exchange(
        "PUT", "https://r.example/v2/app/blobs/uploads/u1?_state=\(later)&digest=\(layer)", status: 201,
        ["Location": "/v2/app/blobs/\(layer)"])
    #expect(end.upload?.startedBy == start.seq)
    #expect(end.upload?.offsetBefore == 100)
    #expect(end.operation.digest?.description == layer)
}

@Test func `an upload goes on wherever its location leads`() {
    var trace = Trace()
    trace.exchange(
        "POST", "https://r.example/v2/app/blobs/uploads/", status: 202,
        ["Location": "https://bucket.s3.example/incoming/42?uploadId=7"])
    let put = trace.exchange(
        "PUT", "https://bucket.s3.example/incoming/42?uploadId=7&digest=\(layer)", sends: 10, status: 201)
    #expect(put.operation.endpoint == .uploadPut)
    #expect(put.operation.repository == "app")
    #expect(put.upload?.startedBy == 1)
    #expect(put.host.role == .storage)
}
