import Registry
import Replay
import TapeModel
import TestSupport
import Testing

/// What was recorded for one repository is for nobody whose token is for another (RELIABILITY.md R2).
struct ScopeTests {
    private static let names = ["app", "team/app", "team/other", "public"]

    /// A token as token servers of the distribution make them.
    private static func token(_ scopes: [TokenScope]?) -> FieldLine {
        let header = Base64.encodeURL(Array(#"{"alg":"ES256","typ":"JWT"}"#.utf8))
        let access = (scopes ?? []).map { scope in
            let actions = scope.actions.map { "\"\($0)\"" }.joined(separator: ",")
            return #"{"type":"\#(scope.type)","name":"\#(scope.name)","actions":[\#(actions)]}"#
        }
        let claim = scopes == nil ? "" : #","access":[\#(access.joined(separator: ","))]"#
        return FieldLine(
            "Authorization",
            "Bearer \(header).\(Base64.encodeURL(Array(#"{"iss":"i","sub":"s"\#(claim)}"#.utf8))).‹jwt:f921b7d2›")
    }

    private static func token(_ name: String, _ actions: String...) -> FieldLine {
        token([TokenScope(type: "repository", name: name, actions: actions)])
    }

    private static func tape(isChallenged: Bool = true) -> TapeInHand {
        var tape = TapeInHand()
        if isChallenged {
            tape.exchange(
                "GET", "/v2/", status: 401,
                ["WWW-Authenticate": #"Bearer realm="https://auth.example/token",service="registry.example""#],
                answer: #"{"errors":[]}"#)
        }
        return tape
    }

    private static func blob(_ name: String, _ content: String) -> String {
        "/v2/\(name)/blobs/\(TapeInHand.digest(content))"
    }

    private func isRefused(_ answer: TestServer.Answer, _ scope: String) -> Bool {
        answer.status == 401 && answer.json?["errors"]?[0]?["code"] == .string("UNAUTHORIZED")
            && answer("www-authenticate")
                == #"Bearer realm="https://auth.example/token",service="registry.example",scope="\#(scope)",error="insufficient_scope""#
    }

    @Test(arguments: 1...60)
    func `a blob is for tokens of a repository that holds it, whatever else they are for`(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        func some(_ share: Int) -> Bool { Int.random(in: 0..<share, using: &generator) == 0 }
        var tape = Self.tape()
        var holders: [String: Set<String>] = [:]
        for name in Self.names {
            for content in ["one", "two", "three"] where some(2) {
                holders[name, default: []].insert(content)
                tape.exchange(
                    "GET", Self.blob(name, content), [Self.token(name, "pull")], status: 200,
                    ["Content-Type": "application/octet-stream"], answer: content)
            }
        }
        try #require(!holders.isEmpty)
        for isWritable in [false, true] {
            var server = TestServer(index: tape.index) { $0.isWritable = isWritable }
            for _ in 0..<60 {
                let scopes = Self.names.filter { _ in some(2) }.map {
                    TokenScope(
                        type: some(9) ? "registry" : "repository", name: $0,
                        actions: some(4) ? ["push"] : ["push", "pull"])
                }
                let name = Self.names[Int.random(in: 0..<Self.names.count, using: &generator)]
                let content = ["one", "two", "three"][Int.random(in: 0..<3, using: &generator)]
                let method = some(3) ? "HEAD" : "GET"
                let answer = server.ask(
                    method, TapeInHand.absolute(Self.blob(name, content)), [Self.token(scopes)])
                let mayPull = scopes.contains {
                    $0.type == "repository" && $0.name == name && $0.actions.contains("pull")
                }
                let isThere = holders[name]?.contains(content) == true
                #expect(answer.status == (mayPull ? isThere ? 200 : 404 : 401), "\(name) \(content) \(scopes)")
                if answer.status != 200 { #expect(!answer.text.contains(content)) }
                if !mayPull, method == "GET" { #expect(isRefused(answer, "repository:\(name):pull")) }
                if answer.status == 200, method == "GET" { #expect(answer.text == content) }
            }
        }
    }

    @Test func `each operation wants its own action`() {
        var tape = Self.tape()
        tape.exchange(
            "GET", Self.blob("app", "one"), [Self.token("app", "pull")], status: 200, answer: "one")
        var server = TestServer(index: tape.index) { $0.isWritable = true }
        func status(_ method: String, _ path: String, _ token: FieldLine) -> Int {
            server.ask(method, TapeInHand.absolute(path), [token], body: Array("{}".utf8)).status
        }
        let (pull, push) = (Self.token("app", "pull"), Self.token("app", "push"))
        let (delete, all) = (Self.token("app", "delete"), Self.token("app", "*"))
        #expect(status("GET", "/v2/app/manifests/1", pull) == 404)
        #expect(status("GET", "/v2/app/manifests/1", push) == 401)
        #expect(status("POST", "/v2/app/blobs/uploads/", pull) == 401)
        #expect(status("POST", "/v2/app/blobs/uploads/", push) == 202)
        #expect(status("PUT", "/v2/app/manifests/1", pull) == 401)
        #expect(status("PUT", "/v2/app/manifests/1", push) == 201)
        #expect(status("PUT", "/v2/other/manifests/1", push) == 401)
        #expect(status("DELETE", "/v2/app/manifests/1", push) == 401)
        #expect(status("DELETE", "/v2/app/manifests/1", delete) == 202)
        #expect(status("GET", "/v2/app/tags/list", Self.token("app", "metadata_read")) == 200)
        #expect(status("GET", "/v2/app/tags/list", delete) == 401)
        #expect(status("GET", Self.blob("app", "one"), all) == 200)
        #expect(status("GET", "/v2/", Self.token([])) == 200)
        #expect(status("GET", "/v2/_catalog", Self.token([])) == 200)
    }

    @Test func `a token that says nothing of what it is for is taken as ever`() {
        var tape = Self.tape()
        tape.exchange("GET", Self.blob("app", "one"), [Self.token("app", "pull")], status: 200, answer: "one")
        var server = TestServer(index: tape.index)
        for token in [
            TapeInHand.bearer, Self.token(nil), FieldLine("Authorization", "Bearer any"),
            FieldLine("Authorization", "bearer eyJ.x.y"),
        ] {
            #expect(server.get(Self.blob("app", "one"), [token]).status == 200, "\(token.value)")
        }
        #expect(server.get(Self.blob("app", "one"), []).status == 401)
        #expect(server.get(Self.blob("app", "one"), [FieldLine("Authorization", "Basic dTpw")]).status == 401)
    }

    @Test func `a registry that takes tokens for something else goes by something else`() {
        var tape = Self.tape()
        tape.exchange("GET", Self.blob("app", "one"), [Self.token("app", "pull")], status: 200, answer: "one")
        tape.exchange("GET", Self.blob("team/app", "two"), [Self.token("Team", "read")], status: 200, answer: "two")
        var server = TestServer(index: tape.index)
        #expect(server.get(Self.blob("team/app", "two"), [Self.token("Team", "read")]).status == 200)
        #expect(server.get(Self.blob("app", "one"), [Self.token("Team", "read")]).status == 200)
        // Who never challenged has no words to refuse in.
        var quiet = Self.tape(isChallenged: false)
        quiet.exchange("GET", Self.blob("app", "one"), [Self.token("app", "pull")], status: 200, answer: "one")
        var other = TestServer(index: quiet.index)
        #expect(other.get(Self.blob("app", "one"), [Self.token("team/app", "pull")]).status == 200)
    }

    @Test func `what anybody may read, anybody's token may read`() {
        var tape = Self.tape()
        tape.exchange("GET", Self.blob("app", "one"), [Self.token("app", "pull")], status: 200, answer: "one")
        tape.exchange("GET", Self.blob("public", "two"), status: 200, answer: "two")
        var server = TestServer(index: tape.index) { $0.isWritable = true }
        let token = Self.token("app", "pull", "push")
        #expect(server.get(Self.blob("public", "two"), [token]).text == "two")
        #expect(server.ask("POST", TapeInHand.absolute("/v2/public/blobs/uploads/"), [token]).status == 401)
    }

    @Test func `a refusal that was recorded is given in its own words`() {
        var tape = Self.tape()
        tape.exchange("GET", Self.blob("app", "one"), [Self.token("app", "pull")], status: 200, answer: "one")
        tape.exchange(
            "GET", "/v2/team/app/manifests/1", [Self.token("app", "pull")], status: 403,
            ["Content-Type": "application/json"], answer: #"{"errors":[{"code":"DENIED"}]}"#)
        tape.exchange(
            "GET", "/v2/team/app/manifests/1", [Self.token("team/app", "pull")], status: 200, answer: "{}")
        var server = TestServer(index: tape.index)
        let first = server.get("/v2/team/app/manifests/1", [Self.token("app", "pull")])
        #expect(first.status == 403)
        #expect(first.origin == .recorded(3))
        #expect(server.get("/v2/team/app/manifests/1", [Self.token("app", "pull")]).status == 401)
        #expect(server.get("/v2/team/app/manifests/1", [Self.token("team/app", "pull")]).text == "{}")
        #expect(server.machine.report.missed == 0)
    }

    @Test func `a mount needs a token that may read the source`() {
        var tape = Self.tape()
        tape.exchange("GET", Self.blob("app", "one"), [Self.token("app", "pull")], status: 200, answer: "one")
        var server = TestServer(index: tape.index) { $0.isWritable = true }
        let mount = TapeInHand.absolute("/v2/team/app/blobs/uploads/?mount=\(TapeInHand.digest("one"))&from=app")
        let target = TokenScope(type: "repository", name: "team/app", actions: ["pull", "push"])
        let source = TokenScope(type: "repository", name: "app", actions: ["pull"])
        #expect(server.ask("POST", mount, [Self.token([source])]).status == 401)
        // As distribution does it: not mounted, and an upload begun in its place.
        #expect(server.ask("POST", mount, [Self.token([target])]).status == 202)
        #expect(server.get(Self.blob("team/app", "one"), [Self.token([target])]).status == 404)
        #expect(server.ask("POST", mount, [Self.token([target, source])]).status == 201)
        #expect(server.get(Self.blob("team/app", "one"), [Self.token([target])]).text == "one")
    }
}
