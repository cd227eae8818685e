import Registry
import Replay
import TapeModel
import Testing

/// Which recorded answer a request gets.
struct MeaningTests {
    private static let manifest = #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json"}"#

    private static func pull() -> TapeInHand {
        var tape = TapeInHand()
        tape.exchange(
            "GET", "/v2/", status: 401,
            ["WWW-Authenticate": #"Bearer realm="https://auth.example/token",service="registry.example""#],
            answer: #"{"errors":[]}"#)
        tape.exchange(
            "GET", "/v2/app/manifests/1", [TapeInHand.bearer], status: 200,
            [
                "Content-Type": "application/vnd.oci.image.manifest.v1+json",
                "Docker-Content-Digest": TapeInHand.digest(manifest),
            ], answer: manifest)
        tape.exchange(
            "GET", "/v2/app/blobs/" + TapeInHand.digest("layer"), [TapeInHand.bearer], status: 307,
            [
                "Location":
                    "\(TapeInHand.storage)/data/1?se=2026-01-01T00%3A20%3A00Z&sp=r&sv=2025-01-05&sig=‹sas:91be02aa›"
            ])
        tape.exchange(
            "GET", "\(TapeInHand.storage)/data/1?se=2026-01-01T00%3A20%3A00Z&sp=r&sv=2025-01-05&sig=‹sas:91be02aa›",
            status: 200, ["Content-Type": "application/octet-stream"], answer: "layer")
        return tape
    }

    @Test func `answers come in order, and the last one stays`() {
        var tape = TapeInHand()
        for answer in ["one", "two", "two", "three"] {
            tape.exchange("GET", "/v2/app/manifests/1", status: 200, ["Content-Type": "a/b"], answer: answer)
        }
        var server = TestServer(index: tape.index)
        let got = (0..<6).map { _ in server.get("/v2/app/manifests/1", []).text }
        #expect(got == ["one", "two", "two", "three", "three", "three"])
        #expect(server.machine.report.matched == 6)
        #expect(server.machine.report.unused == 0)
    }

    @Test func `order is that of the beginnings, not of the ends`() {
        var tape = TapeInHand()
        tape.exchange("GET", "/v2/app/manifests/1", status: 200, answer: "second")
        tape.exchange("GET", "/v2/app/manifests/1", status: 200, answer: "first", started: -10_000_000)
        var server = TestServer(index: tape.index)
        #expect(server.get("/v2/app/manifests/1", []).text == "first")
        #expect(server.get("/v2/app/manifests/1", []).text == "second")
    }

    @Test func `a signature, another token and another order of parameters are the same question`() {
        var server = TestServer(index: Self.pull().index)
        let token = [FieldLine("authorization", "bearer another-token")]
        let redirect = server.get("/v2/app/blobs/" + TapeInHand.digest("layer"), token)
        #expect(redirect.status == 307)
        #expect(redirect("location")?.hasPrefix("\(TapeInHand.storage)/data/1?se=2030-") == true)
        #expect(redirect("location")?.hasSuffix("&sig=regtape-sas-91be02aa") == true)
        #expect(server.ask("GET", redirect("location") ?? "").text == "layer")
        #expect(server.ask("GET", "\(TapeInHand.storage)/data/1?sig=x&se=2031-01-01").text == "layer")
        #expect(server.ask("GET", "\(TapeInHand.storage)/data/1").text == "layer")
        #expect(server.machine.report.missed == 0)
    }

    @Test func `a HEAD is a GET without its content`() {
        var server = TestServer(index: Self.pull().index)
        let head = server.head("/v2/app/manifests/1")
        #expect(head.status == 200)
        #expect(head.body.isEmpty)
        #expect(head("content-length") == String(Self.manifest.utf8.count))
        #expect(head.origin == .implied)
        let storage = server.ask("HEAD", "\(TapeInHand.storage)/data/1")
        #expect(storage("content-length") == "5")
        #expect(server.machine.report.unused == 4, "the recorded GETs are still to come")
        #expect(server.get("/v2/app/manifests/1").text == Self.manifest)
    }

    @Test func `a manifest recorded by tag answers by digest, for those who may have it`() {
        var server = TestServer(index: Self.pull().index)
        let digest = TapeInHand.digest(Self.manifest)
        let answer = server.get("/v2/app/manifests/" + digest)
        #expect(answer.text == Self.manifest)
        #expect(answer("content-type") == "application/vnd.oci.image.manifest.v1+json")
        #expect(server.get("/v2/app/manifests/" + digest, []).status == 401)
        #expect(server.get("/v2/other/manifests/" + digest).status == 404)
        #expect(server.get("/v2/app/tags/list").json?["tags"]?.array == [.string("1")])
    }

    @Test func `what was recorded with credentials is not for who shows none or others`() {
        var server = TestServer(index: Self.pull().index)
        for fields in [[], [FieldLine("Authorization", "Basic dTpw")]] {
            let answer = server.get("/v2/app/manifests/1", fields)
            #expect(answer.status == 401)
            #expect(
                answer("www-authenticate")
                    == #"Bearer realm="https://auth.example/token",service="registry.example",scope="repository:app:pull""#
            )
            #expect(answer.origin == .challenge)
            #expect(!answer.text.contains("schemaVersion"))
        }
    }

    @Test func `a blob of one repository is not another's`() {
        var server = TestServer(index: Self.pull().index)
        let answer = server.get("/v2/other/blobs/" + TapeInHand.digest("layer"))
        #expect(answer.status == 404)
        #expect(answer.json?["errors"]?[0]?["code"] == .string("BLOB_UNKNOWN"))
        guard case .miss(let miss) = answer.origin else {
            Issue.record("a miss was expected: \(answer.origin)")
            return
        }
        #expect(miss.nearest?.seq == 3)
        #expect(miss.nearest?.differences == [.init(part: "repository", asked: "other", recorded: "app")])
        #expect(server.machine.report.misses == [miss])
    }

    @Test func `what anybody got, everybody gets; a refusal is for who was refused`() {
        var tape = TapeInHand()
        tape.exchange("GET", "/v2/open/manifests/1", status: 200, answer: "open")
        tape.exchange("GET", "/v2/shut/manifests/1", status: 401, ["WWW-Authenticate": "Basic realm=\"r\""])
        var server = TestServer(index: tape.index)
        #expect(server.get("/v2/open/manifests/1").text == "open")
        #expect(server.get("/v2/shut/manifests/1", []).status == 401)
        #expect(server.get("/v2/shut/manifests/1").status == 404)
        #expect(server.machine.report.missed == 1)
    }

    @Test func `exact wants the URL as it stands`() {
        var tape = TapeInHand(matching: .exact)
        tape.exchange(
            "GET", "\(TapeInHand.storage)/data/1?sig=‹sas:91be02aa›&se=2026-01-01", status: 200, answer: "layer")
        var server = TestServer(index: tape.index)
        #expect(
            server.ask("GET", "\(TapeInHand.storage)/data/1?sig=regtape-sas-91be02aa&se=2026-01-01").text == "layer")
        #expect(server.ask("GET", "\(TapeInHand.storage)/data/1?se=2026-01-01&sig=regtape-sas-91be02aa").status == 404)
    }

    @Test func `a body that broke off breaks off again, and a body that was not kept is a miss`() {
        var tape = TapeInHand()
        var partial = TapeInHand.body("half")
        partial.stored = .partial
        let error = ExchangeError(party: .network, code: "reset", detail: "")
        tape.exchange(
            "GET", "/v2/app/blobs/" + TapeInHand.digest("whole"), status: 200, ["Content-Length": "5"], body: partial,
            error: error)
        tape.exchange("GET", "/v2/app/manifests/lost", status: 200, body: Body(length: 9, stored: Body.Storage.none))
        tape.exchange("GET", "/v2/app/manifests/reset", status: nil, error: error)
        tape.exchange(
            "GET", "/v2/app/manifests/client", status: nil,
            error: ExchangeError(party: .client, code: "gone", detail: ""))
        var server = TestServer(index: tape.index)
        let cut = server.get("/v2/app/blobs/" + TapeInHand.digest("whole"), [])
        #expect(cut.text == "half")
        #expect(cut("content-length") == "5")
        #expect(cut.delivery.ending == .cut)
        #expect(server.get("/v2/app/manifests/lost", []).status == 404)
        #expect(server.get("/v2/app/manifests/reset", []).delivery.ending == .reset)
        #expect(server.get("/v2/app/manifests/client", []).status == 404, "what a client gave up is no answer")
    }

    @Test func `a redirect leads to a blob that the tape has from elsewhere`() {
        var tape = Self.pull()
        tape.exchange(
            "HEAD", "/v2/app/blobs/" + TapeInHand.digest("layer"), [TapeInHand.bearer], status: 307,
            ["Location": "\(TapeInHand.storage)/data/2"])
        var server = TestServer(index: tape.index)
        #expect(server.ask("GET", "\(TapeInHand.storage)/data/2").text == "layer")
        #expect(server.ask("GET", "\(TapeInHand.storage)/data/3").status == 404)
    }

    @Test func `relative locations and links stay relative, absolute ones are told apart`() {
        var tape = TapeInHand()
        tape.exchange(
            "GET", "/v2/app/tags/list?n=1", status: 200,
            ["Link": "</v2/app/tags/list?n=1&last=a>; rel=\"next\"", "Content-Type": "application/json"],
            answer: #"{"name":"app","tags":["a"]}"#)
        tape.exchange(
            "GET", "/v2/app/tags/list?n=1&last=a", status: 200,
            ["Link": "<\(TapeInHand.registry)/v2/app/tags/list?n=1&last=b>; rel=\"next\""],
            answer: #"{"name":"app","tags":["b"]}"#)
        var machine = ReplayMachine(index: tape.index)
        func link(_ url: String) -> String? {
            guard
                case .answer(let answer) = machine.answer(
                    ReplayRequest(method: "GET", url: TapeInHand.registry + url), at: tape.now)
            else { return nil }
            return answer.fields(rewriting: { "here:" + $0 }).first("link")
        }
        #expect(link("/v2/app/tags/list?n=1") == "</v2/app/tags/list?n=1&last=a>; rel=\"next\"")
        #expect(
            link("/v2/app/tags/list?last=a&n=1")
                == "<here:\(TapeInHand.registry)/v2/app/tags/list?n=1&last=b>; rel=\"next\"")
    }

    @Test func `recorded timing is played at the factor that is asked for`() {
        var server = TestServer(index: Self.pull().index) { $0.timing = 0.5 }
        #expect(server.get("/v2/app/manifests/1").delivery.delay == 100_000)
    }

    @Test func `a body file that is lost is a miss, and the rest is served`() throws {
        let tape = try FixtureTape("pull-and-push.tape")
        let lost = "0f403cfc156d75732147789cf8a23d720f0d04592dccaab9b61bc50b6a7a02b6"
        let other = "2838675f6d1c3ed49261f8507138c3e900dbeecba7415a7fa0992193b63d5bd6"
        var index = tape.index
        #expect(index.bodyFiles == [lost, other])
        index.lose(bodyFile: lost)
        var server = TestServer(index: index, directory: tape.directory)
        let base = "https://blobs.regtape.test:6444/docker/registry/v2/blobs/sha256"
        #expect(server.ask("GET", "\(base)/0f/\(lost)/data").status == 404)
        #expect(server.ask("GET", "\(base)/28/\(other)/data").body.count == 3_218)
        let blob = "https://registry.regtape.test:6443/v2/app/small/blobs/sha256:" + lost
        #expect(server.ask("GET", blob, [TapeInHand.bearer]).status == 307)
        #expect(server.machine.report.missed == 1)
    }

    @Test func `a miss shows no secret of the client's`() {
        var server = TestServer(index: Self.pull().index)
        let answer = server.ask("GET", "\(TapeInHand.storage)/data/9?sig=hunter2&x=1&access_token=hunter2")
        #expect(answer.status == 404)
        #expect(!answer.text.contains("hunter2"))
        #expect(answer.text.contains("sig=...&x=1&access_token=..."))
    }

    @Test(arguments: [
        #"Bearer realm="https://a/t",service="s""#, #"bearer service="s",realm="https://a/t""#,
        #"Basic realm="https://b/", Bearer realm="https://a/t""#,
    ])
    func `the realm of a Bearer challenge leads back, a name does not`(challenge: String) {
        var tape = TapeInHand()
        tape.exchange("GET", "/v2/", status: 401, ["Www-Authenticate": challenge])
        var server = TestServer(index: tape.index)
        guard case .answer(let answer) = server.begin("GET", TapeInHand.registry + "/v2/") else {
            Issue.record("an answer was expected")
            return
        }
        let rewritten = answer.fields(rewriting: { _ in "here" }).first("www-authenticate")
        #expect(rewritten == challenge.replacing("https://a/t", with: "here"))
    }

    @Test func `manifests of the tape that refer to another are its referrers`() {
        var tape = Self.pull()
        let subject = TapeInHand.digest(Self.manifest)
        let signature =
            #"{"schemaVersion":2,"config":{"mediaType":"application/vnd.sig"},"subject":{"digest":"\#(subject)"}}"#
        tape.exchange(
            "GET", "/v2/app/manifests/" + TapeInHand.digest(signature), [TapeInHand.bearer], status: 200,
            ["Content-Type": "application/vnd.oci.image.manifest.v1+json"], answer: signature)
        var server = TestServer(index: tape.index)
        let list = server.get("/v2/app/referrers/" + subject)
        #expect(list.origin == .implied)
        #expect(list.json?["manifests"]?.array?.count == 1)
        #expect(list.json?["manifests"]?[0]?["digest"] == .string(TapeInHand.digest(signature)))
        #expect(list.json?["manifests"]?[0]?["size"]?.int == signature.utf8.count)
        #expect(list.json?["manifests"]?[0]?["artifactType"] == .string("application/vnd.sig"))
        #expect(server.get("/v2/app/referrers/" + subject, []).status == 401)
        #expect(server.get("/v2/app/referrers/" + TapeInHand.digest(signature)).status == 404)
    }

    @Test func `what was pushed stands beside what the tape's registry listed`() {
        var tape = TapeInHand()
        let subject = TapeInHand.digest("subject")
        tape.exchange(
            "GET", "/v2/app/referrers/" + subject, status: 200,
            ["Content-Type": "application/vnd.oci.image.index.v1+json"],
            answer: #"{"schemaVersion":2,"manifests":[{"digest":"sha256:recorded","size":1}]}"#)
        var server = TestServer(index: tape.index) { $0.isWritable = true }
        #expect(server.get("/v2/app/referrers/" + subject, []).text.contains("sha256:recorded"))
        let pushed = #"{"schemaVersion":2,"subject":{"digest":"\#(subject)"}}"#
        let put = server.ask("PUT", TapeInHand.registry + "/v2/app/manifests/new", body: Array(pushed.utf8))
        #expect(put.status == 201)
        let digests = server.get("/v2/app/referrers/" + subject, []).json?["manifests"]?.array?.compactMap {
            $0["digest"]?.string
        }
        #expect(digests.map(Set.init) == ["sha256:recorded", TapeInHand.digest(pushed)])
    }

    @Test func `not modified is for who has the content`() {
        var tape = TapeInHand()
        let condition = FieldLine("If-None-Match", "\"e\"")
        tape.exchange("GET", "/v2/app/manifests/1", status: 200, ["ETag": "\"e\""], answer: "m")
        tape.exchange("GET", "/v2/app/manifests/1", [condition], status: 304, ["ETag": "\"e\""])
        var server = TestServer(index: tape.index)
        #expect(server.get("/v2/app/manifests/1", [condition]).status == 200)
        let unchanged = server.get("/v2/app/manifests/1", [condition])
        #expect(unchanged.status == 304)
        #expect(unchanged.body.isEmpty)
        #expect(server.get("/v2/app/manifests/1", []).text == "m")
    }
}
