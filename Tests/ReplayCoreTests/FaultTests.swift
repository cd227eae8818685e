import Registry
import Replay
import TapeModel
import Testing

/// Faults on purpose: their one-line form, and what each does.
struct FaultTests {
    private static let blob = "/v2/app/blobs/" + TapeInHand.digest("layer")

    private static func server(_ faults: String...) throws -> TestServer {
        var tape = TapeInHand()
        tape.exchange(
            "GET", "/v2/", status: 401,
            ["WWW-Authenticate": #"Bearer realm="https://auth.example/token",service="r""#])
        tape.exchange(
            "GET", "/v2/app/manifests/1", [TapeInHand.bearer], status: 200,
            ["Docker-Content-Digest": TapeInHand.digest("m"), "Content-Type": "a/b"], answer: "m")
        tape.exchange(
            "GET", blob, [TapeInHand.bearer], status: 307, ["Location": "\(TapeInHand.storage)/data/1"])
        tape.exchange("GET", "\(TapeInHand.storage)/data/1", status: 200, answer: "layer")
        let rules = try faults.map { try FaultRule(parsing: $0) }
        return TestServer(index: tape.index) { $0.faults = rules }
    }

    @Test(
        arguments: [
            ("delay=2s", .delay(2_000_000), .every), ("delay=1.5ms op:blob.get", .delay(1_500), .every),
            ("bandwidth=64K", .bandwidth(65_536), .every), ("cut=1M@2", .cut(1 << 20), .number(2)),
            ("flip=10@3+ host:x", .flip(10), .from(3)), ("flip", .flip(0), .every),
            ("wrong-digest@50%", .wrongDigest, .probability(0.5)), ("reset@every", .reset, .every),
            ("silence", .silence, .every), ("status=503", .status(503, code: "UNAVAILABLE"), .every),
            ("status=403,DENIED", .status(403, code: "DENIED"), .every), ("429=30", .rateLimit(retryAfter: 30), .every),
            ("expired-token@3 op:upload.patch", .expiredToken, .number(3)),
            ("expired-url=s3", .expiredURL(.s3), .every),
            ("wrong-scheme", .wrongScheme, .every),
        ] as [(String, FaultRule.Action, FaultRule.Occurrence)])
    func `a fault is one line`(text: String, action: FaultRule.Action, occurrence: FaultRule.Occurrence) throws {
        let rule = try FaultRule(parsing: text)
        #expect(rule.action == action)
        #expect(rule.occurrence == occurrence)
    }

    @Test(arguments: [
        ("", "begins with one of delay"), ("boom", "no fault \"boom\""), ("delay", "delay=2s"), ("delay=x", "delay=2s"),
        ("delay=1e999s", "delay=2s"), ("cut=-1", "cut=1M"), ("cut=99999999999G", "cut=1M"), ("bandwidth=0", "64K"),
        ("status=200", "status=503"), ("429=x", "429=30"), ("expired-url=ftp", "azure, s3 or gcs"),
        ("reset=1", "takes no value"), ("reset@0", "write 3"), ("reset@101%", "write 3"), ("reset@", "write 3"),
        ("reset op:", "needs a value"), ("reset (", "expected"), ("reset finding:x", "no answer yet"),
        ("flip=nan", "flip=100"), ("delay=nans", "delay=2s"),
    ])
    func `a mistake says what was expected`(text: String, words: String) {
        let error = #expect(throws: FaultError.self) { try FaultRule(parsing: text) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test func `a rule strikes the requests that it names, in its time`() throws {
        var server = try Self.server("status=503@2 op:manifest.get")
        let statuses = (0..<3).map { _ in server.get("/v2/app/manifests/1").status }
        #expect(statuses == [200, 503, 200])
        #expect(server.get(Self.blob).status == 307)
        #expect(server.machine.report.faults == 1)
        var later = try Self.server("429=7@2+ op:manifest.get")
        #expect((0..<3).map { _ in later.get("/v2/app/manifests/1").status } == [200, 429, 429])
        let limited = later.get("/v2/app/manifests/1")
        #expect(limited("retry-after") == "7")
        #expect(limited.json?["errors"]?[0]?["code"] == .string("TOOMANYREQUESTS"))
    }

    @Test func `chance is the same for the same seed, and as often as it says`() throws {
        let rule = try FaultRule(parsing: "reset@25% op:manifest.get")
        func run(_ seed: UInt64) throws -> [Bool] {
            let index = try Self.server().machine.index
            var server = TestServer(index: index) { ($0.faults, $0.seed) = ([rule], seed) }
            return (0..<1_000).map { _ in server.get("/v2/app/manifests/1").delivery.ending == .reset }
        }
        let first = try run(1)
        #expect(try run(1) == first)
        #expect(try run(2) != first)
        #expect((180...320).contains(first.count { $0 }))
    }

    @Test func `delivery faults leave the answer as it is`() throws {
        var server = try Self.server("delay=1s", "bandwidth=1K", "cut=2 op:storage.get", "flip=3 op:storage.get")
        let answer = server.ask("GET", "\(TapeInHand.storage)/data/1")
        #expect(answer.text == "layer")
        #expect(answer.delivery.delay == 1_000_000)
        #expect(answer.delivery.bandwidth == 1_024)
        #expect(answer.delivery.cutAfter == 2)
        #expect(answer.delivery.flippedOctet == 3)
        #expect(server.machine.report.faults == 1)
        #expect(server.machine.report.matched == 1)
        #expect(server.get("/v2/app/manifests/1").delivery.cutAfter == nil)
        var silent = try Self.server("silence")
        #expect(silent.get("/v2/").delivery.ending == .silence)
    }

    @Test func `a wrong digest is wrong in a field, or in the content where no field has it`() throws {
        var server = try Self.server("wrong-digest")
        let manifest = server.get("/v2/app/manifests/1")
        #expect(manifest("docker-content-digest") != TapeInHand.digest("m"))
        #expect(manifest("docker-content-digest")?.count == TapeInHand.digest("m").count)
        #expect(manifest.delivery.flippedOctet == nil)
        #expect(server.ask("GET", "\(TapeInHand.storage)/data/1").delivery.flippedOctet == 0)
    }

    @Test func `a token that has expired is challenged as distribution does it`() throws {
        var server = try Self.server("expired-token op:manifest.get")
        let answer = server.get("/v2/app/manifests/1")
        #expect(answer.status == 401)
        #expect(
            answer("www-authenticate")
                == #"Bearer realm="https://auth.example/token",service="r",error="invalid_token""#)
    }

    @Test(arguments: [
        ("azure", 403, "AuthenticationFailed", "se"), ("s3", 403, "AccessDenied", "X-Amz-Date"),
        ("gcs", 400, "ExpiredToken", "X-Goog-Date"),
    ])
    func `a redirect to an expired URL is refused in the storage's own words`(
        storage: String, status: Int, code: String, parameter: String
    ) throws {
        var server = try Self.server("expired-url=\(storage)@1 op:blob.get")
        let redirect = server.get(Self.blob)
        let location = try #require(redirect("location"))
        let url = try #require(TargetURL(location))
        #expect(url[parameter: parameter] != nil)
        let expires = try #require(URLSignature(url)?.expires)
        #expect(expires < server.now)
        let answer = server.ask("GET", location)
        #expect(answer.status == status)
        #expect(answer.text.contains("<Code>\(code)</Code>"))
        let second = try #require(server.get(Self.blob)("location"))
        #expect(server.ask("GET", second).text == "layer")
    }

    @Test func `a URL expires for those who were given it expired, and as their storage says it`() throws {
        var server = try Self.server("expired-url=s3@2 op:blob.get", "expired-url=gcs op:blob.head")
        let first = try #require(server.get(Self.blob)("location"))
        let second = try #require(server.get(Self.blob)("location"))
        let third = try #require(server.head(Self.blob)("location"))
        #expect(server.ask("GET", third).text.contains("<Code>ExpiredToken</Code>"))
        #expect(server.ask("GET", first).text == "layer", "the first match was not the one")
        #expect(server.ask("GET", second).text.contains("<Code>AccessDenied</Code>"))
        // A URL of the client's own that has long expired is no business of the rules'.
        let own = TapeInHand.storage + "/data/1?sp=r&sv=2025-01-05&sr=b&se=2001-01-01T00:00:00Z&sig=own"
        #expect(server.ask("GET", own).text == "layer")
        // And what no rule makes does not expire, whatever it looks like.
        var other = try Self.server("reset op:ping")
        #expect(other.ask("GET", second).text == "layer")
    }

    @Test func `a Location with the wrong scheme is nobody's to put right`() throws {
        var server = try Self.server("wrong-scheme op:blob.get")
        let machine = server.begin("GET", TapeInHand.registry + Self.blob, [TapeInHand.bearer])
        guard case .answer(let answer) = machine else {
            Issue.record("an answer was expected")
            return
        }
        #expect(answer.fields(rewriting: { _ in "rewritten" }).first("location") == "http://store.example/data/1")
    }

    @Test func `a fault waits for the body of the request that it strikes`() throws {
        let rule = try FaultRule(parsing: "delay=3s op:upload.put")
        var server = TestServer(index: ReplayIndex()) { ($0.isWritable, $0.faults) = (true, [rule]) }
        let location = try #require(server.ask("POST", "http://r/v2/app/blobs/uploads/")("location"))
        let put = server.ask("PUT", location + "?digest=" + TapeInHand.digest("x"), body: [0x78])
        #expect(put.status == 201)
        #expect(put.delivery.delay == 3_000_000)
    }
}
