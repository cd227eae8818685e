import Registry
import Replay
import TapeModel
import Testing

/// Tokens of a tape are good again, whenever it is played.
struct TokenTests {
    private static let realm = "https://auth.example/token"

    /// Claims of a token that lived for five minutes from 2026-01-01T00:00:00Z.
    private static func jwt(_ name: String) -> String {
        let header = Base64.encodeURL(Array(#"{"alg":"ES256","typ":"JWT","kid":"k"}"#.utf8))
        let claims =
            #"{"iss":"i","sub":"‹claim:aa›","aud":"r","iat":1767225600,"nbf":1767225590,"exp":1767225900,"access":[{"type":"repository","name":"\#(name)","actions":["pull"]}]}"#
        return header + "." + Base64.encodeURL(Array(claims.utf8)) + ".‹jwt:f921b7d2›"
    }

    private static func tape(scheme: String = "Basic ‹basic:1›") -> TapeInHand {
        var tape = TapeInHand()
        tape.exchange(
            "GET", "/v2/", status: 401,
            ["WWW-Authenticate": "Bearer realm=\"\(realm)\",service=\"r\"", "Date": "Thu, 01 Jan 2026 00:00:00 GMT"])
        let fields = scheme.isEmpty ? [] : [FieldLine("Authorization", scheme)]
        tape.exchange(
            "GET", "\(realm)?service=r&scope=repository:app:pull&account=‹user:1›", fields, status: 200,
            ["Content-Type": "application/json", "Date": "Thu, 01 Jan 2026 00:00:00 GMT"],
            answer:
                #"{"token":"\#(jwt("app"))","refresh_token":"‹json:42›","expires_in":300,"issued_at":"2026-01-01T00:00:00Z","token_type":"Bearer"}"#
        )
        tape.exchange("GET", "/v2/app/manifests/1", [TapeInHand.bearer], status: 200, answer: "app")
        tape.exchange("GET", "/v2/team/other/manifests/1", [TapeInHand.bearer], status: 200, answer: "other")
        return tape
    }

    private static let basic = [FieldLine("Authorization", "Basic dTpw")]

    private func claims(_ token: String?) throws -> JSONValue {
        let parts = try #require(token).split(separator: ".", omittingEmptySubsequences: false)
        #expect(parts.count == 3)
        #expect(Base64.decode(Array((parts.last ?? "").utf8))?.count == 64)
        let octets = try #require(Base64.decode(Array(parts[1].utf8)))
        return try JSONValue(parsing: octets)
    }

    @Test(arguments: [1_767_225_600, 1_830_000_000, 2_500_000_000, 1_000_000_000] as [Int64])
    func `a token's times move to now, whenever that is`(now: Int64) throws {
        var server = TestServer(index: Self.tape().index)
        server.now = Instant(microseconds: now * 1_000_000)
        let answer = server.ask("GET", "\(Self.realm)?scope=repository%3Aapp%3Apull&service=r", Self.basic)
        #expect(answer.status == 200)
        let json = try #require(answer.json)
        #expect(json["expires_in"]?.int == 300)
        #expect(json["token_type"] == .string("Bearer"))
        #expect(json["refresh_token"] == .string("regtape-json-42"))
        #expect(json["issued_at"]?.string.flatMap { Instant(timestamp: $0) } == server.now)
        let claims = try claims(json["token"]?.string)
        #expect(claims["iat"]?.int64 == now)
        #expect(claims["nbf"]?.int64 == now - 10)
        #expect(claims["exp"]?.int64 == now + 300)
        #expect(claims["access"]?[0]?["name"] == .string("app"))
        #expect(answer("date").flatMap { Instant(httpDate: $0) } == server.now)
        #expect(answer("content-length") == String(answer.body.count))
        #expect(answer.body.allSatisfy { $0 < 0x7F })
    }

    @Test func `a fixed clock makes equal runs`() {
        func run(_ now: Int64) -> [UInt8] {
            var server = TestServer(index: Self.tape().index) {
                $0.clock = .fixed(Instant(microseconds: 1_900_000_000_000_000))
            }
            server.now = Instant(microseconds: now)
            return server.ask("GET", "\(Self.realm)?scope=repository:app:pull&service=r", Self.basic).body
        }
        #expect(run(0) == run(.max))
    }

    @Test func `a scope that was not asked for is granted where the tape knows the repository`() throws {
        var server = TestServer(index: Self.tape().index)
        let answer = server.ask("GET", "\(Self.realm)?service=r&scope=repository:team/other:pull,push", Self.basic)
        #expect(answer.status == 200)
        let access = try claims(answer.json?["token"]?.string)["access"]
        #expect(access?[0]?["name"] == .string("team/other"))
        #expect(access?[0]?["actions"]?.array == [.string("pull"), .string("push")])
        #expect(server.ask("GET", "\(Self.realm)?service=r&scope=repository:unknown:pull", Self.basic).status == 404)
        #expect(server.machine.report.missed == 1)
        var writable = TestServer(index: Self.tape().index) { $0.isWritable = true }
        #expect(writable.ask("GET", "\(Self.realm)?service=r&scope=repository:unknown:push", Self.basic).status == 200)
    }

    @Test func `nobody gets a token that was given to somebody`() {
        var server = TestServer(index: Self.tape().index)
        #expect(server.ask("GET", "\(Self.realm)?service=r&scope=repository:app:pull").status == 401)
        #expect(server.ask("GET", "\(Self.realm)?service=r&scope=repository:team/other:pull").status == 401)
        var open = TestServer(index: Self.tape(scheme: "").index)
        #expect(open.ask("GET", "\(Self.realm)?service=r&scope=repository:app:pull").status == 200)
        #expect(open.ask("GET", "\(Self.realm)?service=r&scope=repository:team/other:pull", Self.basic).status == 200)
    }

    @Test func `a form asks as a query does`() throws {
        var tape = Self.tape()
        tape.exchange(
            "POST", Self.realm,
            content: "grant_type=refresh_token&service=r&scope=repository:app:pull&refresh_token=‹form:1›",
            status: 200, ["Content-Type": "application/json", "Date": "Thu, 01 Jan 2026 00:00:00 GMT"],
            answer: #"{"access_token":"\#(Self.jwt("app"))","expires_in":300}"#)
        var server = TestServer(index: tape.index)
        for (scope, name) in [("app", "app"), ("team%2Fother", "team/other")] {
            let form =
                "client_id=x&service=r&refresh_token=regtape-json-42&scope=repository%3A\(scope)%3Apull&grant_type=refresh_token"
            let answer = server.ask("POST", Self.realm, body: Array(form.utf8))
            #expect(answer.status == 200)
            #expect(try claims(answer.json?["access_token"]?.string)["access"]?[0]?["name"] == .string(name))
        }
        let long = server.ask("POST", Self.realm, body: Array(repeating: 0x61, count: 300_000))
        #expect(long.status == 413)
    }

    @Test func `a form is answered from the grants to queries where the tape has no other`() throws {
        var server = TestServer(index: Self.tape().index)
        let unused = server.machine.report.unused
        let form = "client_id=x&service=r&scope=repository%3Aapp%3Apull&grant_type=password&username=u&password=p"
        let answer = server.ask("POST", Self.realm, body: Array(form.utf8))
        #expect(answer.status == 200)
        #expect(try claims(answer.json?["access_token"]?.string)["access"]?[0]?["name"] == .string("app"))
        #expect(answer.json?["access_token"] == answer.json?["token"])
        #expect(server.machine.report.unused == unused - 1)
        // Nobody gets what was given to somebody.
        let nobody = server.ask("POST", Self.realm, body: Array("service=r&scope=repository%3Aapp%3Apull".utf8))
        #expect(nobody.status == 401)
        var open = TestServer(index: Self.tape(scheme: "").index)
        #expect(open.ask("POST", Self.realm, body: Array("service=r&scope=repository%3Aapp%3Apull".utf8)).status == 200)
    }

    @Test func `a secret that was kept on the tape is given to nobody`() throws {
        var tape = TapeInHand()
        tape.exchange(
            "GET", "\(Self.realm)?service=r&scope=repository:app:pull", status: 200,
            ["Content-Type": "application/json"],
            answer:
                #"{"token":"c2VjcmV0","refresh_token":"eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.cmVhbHNpZ25hdHVyZQ","scope":"s"}"#
        )
        var server = TestServer(index: tape.index)
        let answer = server.ask("GET", "\(Self.realm)?service=r&scope=repository:app:pull")
        #expect(answer.status == 200)
        #expect(!answer.text.contains("c2VjcmV0"))
        #expect(!answer.text.contains("cmVhbHNpZ25hdHVyZQ"))
        #expect(answer.json?["scope"] == .string("s"))
        #expect(try claims(answer.json?["refresh_token"]?.string)["sub"] == .string("x"))
    }

    @Test func `Azure's exchange is found by its form`() {
        var tape = TapeInHand()
        tape.exchange(
            "POST", "https://r.azurecr.io/oauth2/exchange",
            content: "grant_type=access_token&service=r.azurecr.io&access_token=‹form:1›", status: 200,
            ["Content-Type": "application/json"], answer: #"{"refresh_token":"‹json:2›"}"#)
        var server = TestServer(index: tape.index)
        let form = Array("access_token=mine&grant_type=access_token&service=r.azurecr.io".utf8)
        let answer = server.ask("POST", "https://r.azurecr.io/oauth2/exchange", body: form)
        #expect(answer.json?["refresh_token"] == .string("regtape-json-2"))
        #expect(server.machine.report.matched == 1)
    }

    @Test func `actions in another order are the same scope`() {
        var tape = TapeInHand()
        tape.exchange(
            "GET", "\(Self.realm)?service=r&scope=repository:app:push,pull", Self.basic, status: 200,
            ["Content-Type": "application/json"], answer: #"{"token":"‹json:7›"}"#)
        var server = TestServer(index: tape.index)
        let answer = server.ask("GET", "\(Self.realm)?scope=repository:app:pull,push&service=r", Self.basic)
        #expect(answer.origin == .recorded(1))
    }
}
