import Registry
import TapeModel
import Testing

private let config = Digest.of("c")
private let one = Digest.of("1")
private let two = Digest.of("2")

private func image(_ layers: [String]) -> String {
    let list = layers.map { "{\"mediaType\":\"l\",\"digest\":\"\($0)\",\"size\":1000000}" }.joined(separator: ",")
    return
        "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"c\",\"digest\":\"\(config)\",\"size\":500},\"layers\":[\(list)]}"
}

extension Trace {
    /// Ping and token, as most clients begin.
    fileprivate mutating func handshake(_ repository: String, status: Int = 200) {
        exchange(
            "GET", "https://r.example/v2/", status: 401,
            ["WWW-Authenticate": "Bearer realm=\"https://auth.example/token\",service=\"r.example\""])
        exchange(
            "GET", "https://auth.example/token?service=r.example&scope=repository:\(repository):pull", status: status,
            answer: status == 200 ? "{\"token\":\"‹token:\(repository)›\",\"expires_in\":300}" : "{\"details\":\"no\"}")
    }

    fileprivate mutating func manifest(_ repository: String, _ tag: String, _ layers: [String], status: Int = 200) {
        exchange(
            "GET", "https://r.example/v2/\(repository)/manifests/\(tag)",
            ["Authorization": "Bearer ‹bearer:\(repository)›"], status: status,
            answer: status == 200 ? image(layers) : "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"m\"}]}")
    }

    fileprivate mutating func blob(_ repository: String, _ digest: String, status: Int = 200, took: Int64 = 50) {
        exchange(
            "GET", "https://r.example/v2/\(repository)/blobs/\(digest)",
            ["Authorization": "Bearer ‹bearer:\(repository)›"], status: 307,
            ["Location": "https://blobs.example/\(digest)?se=2026-01-01T00:20:00Z&sig=‹sas:\(seq)›"])
        exchange(
            "GET", "https://blobs.example/\(digest)?se=2026-01-01T00:20:00Z&sig=‹sas:\(seq - 1)›", status: status,
            receives: status == 200 ? 1_000_000 : 0, took: took)
    }
}

@Test func `a pull is one workflow from its ping to its last layer`() throws {
    var trace = Trace()
    trace.handshake("app")
    trace.manifest("app", "1", [one, two])
    trace.blob("app", one, took: 1_000)
    trace.blob("app", two, took: 1_000)
    let summary = trace.summary
    let pull = try #require(summary.workflows.first)
    #expect(summary.workflows.count == 1)
    #expect(pull.kind == .pull)
    #expect(pull.host == "r.example")
    #expect(pull.repository == "app")
    #expect(pull.reference == .tag("1"))
    #expect(pull.client?.name == "skopeo")
    #expect(pull.outcome == .succeeded)
    #expect(pull.exchanges == 7)
    #expect(pull.failedExchanges == 0)
    #expect(
        pull.steps.map(\.label).suffix(2) == [
            "GET blob \(Digest(two)?.short ?? "")", "GET storage \(Digest(two)?.short ?? "")",
        ])
    #expect(summary.layers.map(\.digest.description) == [one, two])
    #expect(summary.layers.map(\.host) == ["blobs.example", "blobs.example"])
    #expect(summary.layers.map(\.expectedBytes) == [1_000_000, 1_000_000])
    // Half of a second is time in which octets flowed; the other layer moved for 800 ms of this one's 1000.
    #expect(summary.layers.map(\.throughput) == [2_000_000, 2_000_000])
    #expect(summary.layers.map(\.parallelism) == [0.8, 0.8])
    #expect(summary.tokens.map(\.uses) == [3])
    #expect(summary.redirects.map(\.followedBy) == [5, 7])
    #expect(summary.redirects.allSatisfy { !$0.carriedCredentials })
    #expect(Set(summary.hosts.map(\.profile.role)) == [.registry, .tokenServer, .storage])
    #expect(summary.exchanges == 7)
    #expect(summary.failures == 0)
}

@Test func `layers that the client had are told where others moved`() {
    var trace = Trace()
    trace.manifest("app", "1", [one, two])
    trace.blob("app", two)
    let layers = trace.summary.layers
    #expect(layers.first { $0.digest.description == one }?.wasSkipped == true)
    #expect(layers.first { $0.digest.description == two }?.wasSkipped == false)
    #expect(layers.count == 2)
}

@Test func `a pull whose blob host was never reached is incomplete`() {
    var trace = Trace()
    trace.manifest("app", "1", [one])
    trace.exchange(
        "GET", "https://r.example/v2/app/blobs/\(one)", status: 307, ["Location": "https://blobs.example/never"])
    #expect(trace.summary.workflows.map(\.outcome) == [.incomplete])
}

@Test func `a HEAD in a pull moves and skips nothing`() {
    var trace = Trace()
    trace.manifest("app", "1", [one])
    trace.exchange("HEAD", "https://r.example/v2/app/blobs/\(one)", status: 200)
    #expect(trace.summary.workflows.map(\.kind) == [.pull])
    #expect(trace.summary.layers.isEmpty)
}

@Test func `pulls of one repository at one time are told apart by their digests`() {
    var trace = Trace()
    trace.manifest("app", "1", [one])
    trace.manifest("app", "2", [two])
    trace.blob("app", one)
    trace.blob("app", two)
    trace.manifest("app", "3", [one], status: 404)
    #expect(trace.summary.workflows.map(\.reference) == [.tag("1"), .tag("2"), .tag("3")])
    #expect(trace.summary.workflows.map(\.exchanges) == [3, 3, 1])
    #expect(trace.summary.workflows.map(\.outcome) == [.succeeded, .succeeded, .failed])
}

@Test func `clients and repositories are told apart`() {
    var trace = Trace()
    trace.manifest("app", "1", [one])
    trace.userAgent = "docker/27.0.0"
    trace.manifest("app", "1", [one])
    trace.manifest("other", "1", [one])
    #expect(trace.summary.workflows.map(\.client?.name) == ["skopeo", "docker", "docker"])
    #expect(trace.summary.workflows.map(\.repository) == ["app", "app", "other"])
}

@Test func `a pause and a tag that is asked for anew begin a workflow`() {
    var trace = Trace()
    trace.manifest("app", "1", [one])
    trace.blob("app", one)
    trace.manifest("app", "1", [one])
    trace.wait(milliseconds: 61_000)
    trace.manifest("app", "1", [one])
    #expect(trace.summary.workflows.count == 3)
}

@Test func `a push is one workflow with its mounts, its skipped and its moved layers`() throws {
    var trace = Trace()
    trace.handshake("app")
    trace.exchange("HEAD", "https://r.example/v2/app/blobs/\(one)", status: 200)
    trace.exchange("HEAD", "https://r.example/v2/app/blobs/\(two)", status: 404)
    trace.exchange("POST", "https://r.example/v2/app/blobs/uploads/?mount=\(config)&from=base", status: 201)
    trace.exchange(
        "POST", "https://r.example/v2/app/blobs/uploads/", status: 202, ["Location": "/v2/app/blobs/uploads/u"])
    trace.exchange(
        "PATCH", "https://r.example/v2/app/blobs/uploads/u", sends: 700, status: 202,
        ["Location": "/v2/app/blobs/uploads/u2", "Range": "0-699"])
    trace.exchange("PUT", "https://r.example/v2/app/blobs/uploads/u2?digest=\(two)", sends: 300, status: 201)
    trace.exchange("HEAD", "https://r.example/v2/app/blobs/\(two)", status: 200)
    trace.exchange("PUT", "https://r.example/v2/app/manifests/1", content: image([one, two]), status: 201)
    let push = try #require(trace.summary.workflows.first)
    #expect(trace.summary.workflows.count == 1)
    #expect(push.kind == .push)
    #expect(push.outcome == .succeeded)
    #expect(push.reference == .tag("1"))
    #expect(push.failedExchanges == 0)
    let layers = trace.summary.layers
    #expect(layers.map(\.wasSkipped) == [true, true, false])
    #expect(layers.map(\.isPush) == [true, true, true])
    #expect(layers.map(\.bytes) == [0, 0, 1_000])
    #expect(layers.last?.seq == 7)
}

@Test(arguments: [
    ([200], TraceSummary.Workflow.Outcome.succeeded), ([401], .failed),
])
func `ping and token alone are a login`(statuses: [Int], outcome: TraceSummary.Workflow.Outcome) {
    var trace = Trace()
    for status in statuses { trace.handshake("app", status: status) }
    #expect(trace.summary.workflows.map(\.kind) == [.login])
    #expect(trace.summary.workflows.map(\.outcome) == [outcome])
}

@Test func `an outcome is what stays unresolved`() {
    var trace = Trace()
    trace.manifest("app", "1", [one])
    trace.blob("app", one, status: 503)
    #expect(trace.summary.workflows.map(\.outcome) == [.failed])
    // That the registry sends the client there again is no success yet.
    trace.exchange(
        "GET", "https://r.example/v2/app/blobs/\(one)", status: 307, ["Location": "https://blobs.example/never"])
    #expect(trace.summary.workflows.map(\.outcome) == [.failed])
    trace.blob("app", one)
    #expect(trace.summary.workflows.map(\.outcome) == [.succeeded])
    #expect(trace.summary.workflows.map(\.failedExchanges) == [1])
    // Normal things: no referrers, no signature.
    trace.exchange("GET", "https://r.example/v2/app/referrers/\(one)", status: 404)
    trace.exchange(
        "GET", "https://r.example/v2/app/manifests/sha256-\(String(repeating: "a", count: 64)).sig", status: 404)
    #expect(trace.summary.workflows.map(\.outcome) == [.succeeded])
}

@Test func `a request that never came back with credentials makes a failure of a pull`() {
    var trace = Trace()
    trace.exchange(
        "GET", "https://r.example/v2/app/manifests/1", status: 401, ["WWW-Authenticate": "Basic realm=\"x\""])
    #expect(trace.summary.workflows.map(\.outcome) == [.failed])
    #expect(trace.summary.failures == 0)
    trace.manifest("app", "1", [one])
    #expect(trace.summary.workflows.map(\.outcome) == [.succeeded])
}

@Test func `an aborted pull and a push without its manifest are incomplete`() {
    var trace = Trace()
    trace.manifest("app", "1", [one])
    trace.exchange(
        "GET", "https://r.example/v2/app/blobs/\(one)", status: nil,
        error: ExchangeError(party: .client, code: "connection-closed", detail: "d"))
    trace.exchange("POST", "https://r.example/v2/other/blobs/uploads/", status: 202, ["Location": "/x/y"])
    #expect(trace.summary.workflows.map(\.outcome) == [.incomplete, .incomplete])
}

@Test func `lists and deletions are workflows of their own kinds`() {
    var trace = Trace()
    trace.exchange("GET", "https://r.example/v2/_catalog", status: 200, answer: "{\"repositories\":[]}")
    trace.exchange("GET", "https://r.example/v2/app/tags/list", status: 404)
    trace.exchange("DELETE", "https://r.example/v2/old/manifests/\(one)", status: 202)
    #expect(trace.summary.workflows.map(\.kind) == [.discover, .discover, .manage])
    #expect(trace.summary.workflows.map(\.outcome) == [.succeeded, .failed, .succeeded])
}
