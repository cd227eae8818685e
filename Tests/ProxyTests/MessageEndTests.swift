import Foundation
import TapeModel
import TestSupport
import Testing

/// Where messages end, and where connections do (RELIABILITY.md S11, S15-S17).
@Suite(.serialized, .timeLimit(.minutes(1)))
struct MessageEndTests {
    struct Bodiless: Sendable, CustomTestStringConvertible {
        let method: String
        let status: String
        let fields: String
        var behind = ""
        var body = ""

        var testDescription: String { "\(method) \(status) \(fields.debugDescription) \(behind.debugDescription)" }
    }

    private static let bodiless: [Bodiless] =
        [("HEAD", "200 OK"), ("GET", "204 No Content"), ("GET", "304 Not Modified")]
        .flatMap { method, status in
            [
                Bodiless(method: method, status: status, fields: "Content-Length: 5\r\n"),
                Bodiless(method: method, status: status, fields: "Transfer-Encoding: chunked\r\n"),
                Bodiless(method: method, status: status, fields: ""),
                Bodiless(method: method, status: status, fields: "Content-Length: 5\r\n", behind: "stray"),
                Bodiless(
                    method: method, status: status, fields: "Transfer-Encoding: chunked\r\n",
                    behind: "5\r\nstray\r\n0\r\n\r\n"),
                Bodiless(
                    method: method, status: status, fields: "",
                    behind: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray"),
            ]
        } + [
            Bodiless(method: "GET", status: "205 Reset Content", fields: "Content-Length: 0\r\n"),
            Bodiless(
                method: "GET", status: "205 Reset Content", fields: "Transfer-Encoding: chunked\r\n",
                behind: "0\r\n\r\n"),
            Bodiless(
                method: "GET", status: "205 Reset Content", fields: "Content-Length: 2\r\n", behind: "hm", body: "hm"),
            Bodiless(
                method: "GET", status: "200 OK", fields: "Content-Length: 2\r\n",
                behind: "hmHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray", body: "hm"),
        ]

    @Test(arguments: MessageStage.Mode.allCases, bodiless)
    func `behind an answer without a body the next answer is intact`(
        mode: MessageStage.Mode, cell: Bodiless
    ) async throws {
        let stage = try await MessageStage.open(
            mode, .answering("HTTP/1.1 \(cell.status)\r\n\(cell.fields)X: a\r\n\r\n\(cell.behind)"))
        let client = try await stage.client()
        client.send(stage.head(cell.method, "/first") + "\r\n" + stage.head("GET", "/second") + "\r\n")
        let answers = try await client.answers(to: cell.method, "GET")
        #expect(answers.map(\.text) == [cell.body, "ok"], "\(client.heard.debugDescription)")
        #expect(!client.heard.contains("stray"))
        client.close()
        await stage.end()
        #expect(stage.origin.requests.count == 2)
        #expect(stage.tape.exchanges.count == 2)
        #expect(stage.tape.exchanges.allSatisfy { $0.error == nil })
        let isStray = !cell.behind.isEmpty && cell.behind.contains("stray")
        #expect(stage.tape.rejected.count == (isStray ? 1 : 0))
        #expect(stage.tape.rejected.allSatisfy { Latin1.text($0.raw).contains("stray") })
    }

    @Test(arguments: MessageStage.Mode.allCases)
    func `trailers stay trailers, and those that would frame or authorize are dropped`(
        mode: MessageStage.Mode
    ) async throws {
        let trailers =
            "0\r\nX-Sum: a\r\nContent-Length: 5\r\nTransfer-Encoding: x\r\nAuthorization: no\r\nHost: no\r\nSet-Cookie: no\r\n\r\n"
        let stage = try await MessageStage.open(
            mode, .answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhm\r\n" + trailers))
        let client = try await stage.client()
        client.send(
            stage.head("PUT", "/first") + "Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n" + trailers
                + stage.head("GET", "/second") + "\r\n")
        let answers = try await client.answers(to: "PUT", "GET")
        #expect(answers.map(\.text) == ["hm", "ok"])
        #expect(client.heard.contains("2\r\nhm\r\n0\r\nX-Sum: a\r\n\r\n"))
        client.close()
        await stage.end()
        // Chunk extensions end at a proxy as well.
        #expect(stage.origin.heard.contains("\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: a\r\n\r\nGET /second"))
        let exchange = try #require(stage.tape.exchanges.first)
        #expect(exchange.trailers[.client] == [FieldLine("X-Sum", "a")])
        #expect(exchange.trailers[.server]?.count == 6)
        #expect(exchange.response?.fields.contains { $0.name == "X-Sum" } == false)
    }

    @Test(arguments: MessageStage.Mode.allCases, ["chunked", "length"])
    func `a client that closes its half behind a request gets the whole answer`(
        mode: MessageStage.Mode, framing: String
    ) async throws {
        let body = String(repeating: "layer", count: 200_000)
        let head =
            framing == "length"
            ? "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
            : "Transfer-Encoding: chunked\r\n\r\n\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n"
        let stage = try await MessageStage.open(mode, .answering("HTTP/1.1 200 OK\r\n" + head))
        let client = try await stage.client()
        client.send(stage.head() + "Connection: close\r\n\r\n")
        client.finish()
        _ = try await client.all()
        let answers = try await client.answers(to: "GET")
        #expect(answers.first?.body.count == body.utf8.count)
        await stage.end()
        #expect(stage.tape.exchanges.first?.lengths[.server] == body.utf8.count)
        #expect(stage.tape.exchanges.first?.error == nil)
    }

    @Test(arguments: MessageStage.Mode.allCases)
    func `of a hundred pipelined requests with a bad fiftieth the first forty-nine are answered`(
        mode: MessageStage.Mode
    ) async throws {
        let stage = try await MessageStage.open(mode)
        let client = try await stage.client()
        let requests = (1...100).map { number in
            stage.head("GET", "/\(number)") + (number == 50 ? "Content-Length: x\r\n\r\n" : "\r\n")
        }
        client.send(requests.joined())
        let all = try await client.all()
        let answers = RawMessage.responses(in: Latin1.octets(all), to: Array(repeating: "GET", count: 50))
        #expect(answers.map(\.status) == Array(repeating: 200, count: 49) + [400])
        #expect(all.components(separatedBy: "HTTP/1.1 ").count == 51)
        await stage.end()
        #expect(stage.origin.requests.map { $0.startLine } == (1...49).map { "GET /\($0) HTTP/1.1" })
        #expect(stage.tape.exchanges.count == 49)
        #expect(stage.tape.rejected.count == 1)
    }

    @Test(arguments: MessageStage.Mode.allCases, ["Content-Length: 41\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"])
    func `behind an early answer what is left of the body is never a request`(
        mode: MessageStage.Mode, framing: String
    ) async throws {
        var script = OriginScript()
        script.onHead = { _, number in
            number == 0 ? [.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")] : []
        }
        let usual = script.onRequest
        script.onRequest = { request, number in number == 0 ? [] : usual(request, number) }
        let stage = try await MessageStage.open(mode, script)
        let client = try await stage.client()
        client.send(stage.head("PUT", "/early") + framing)
        #expect(try await client.answers(to: "PUT").map(\.text) == ["big"])
        client.send("GET /smuggled HTTP/1.1\r\nHost: smuggled\r\n\r\n")
        let all = try await client.all()
        #expect(all.contains("Connection: close\r\n"))
        #expect(all.components(separatedBy: "HTTP/1.1 ").count == 2)
        #expect(try await stage.servesNextClient())
        await stage.end()
        #expect(!stage.origin.heard.contains("smuggled"))
        #expect(stage.tape.exchanges.map { $0.response?.status } == [413, 200])
        #expect(stage.tape.exchanges.first?.error == nil)
    }

    @Test(arguments: MessageStage.Mode.allCases)
    func `listed fields end at the proxy and the others go on in their order`(mode: MessageStage.Mode) async throws {
        let stage = try await MessageStage.open(
            mode,
            .answering(
                "HTTP/1.1 200 OK\r\nA: 1\r\nConnection: X-Gone, keep-alive\r\nX-Gone: a\r\nKeep-Alive: timeout=5\r\n"
                    + "Proxy-Authenticate: Basic realm=\"x\"\r\nB: 2\r\nA: 3\r\nContent-Length: 2\r\n\r\nok"))
        let client = try await stage.client()
        client.send(
            stage.head()
                + "A: 1\r\nConnection: x-gone\r\nX-GONE: a\r\nKeep-Alive: 5\r\nProxy-Connection: keep-alive\r\n"
                + "Proxy-Authorization: Basic eA==\r\nTE: trailers\r\nB: 2\r\na: 3\r\n\r\n")
        _ = try await client.answers(to: "GET")
        #expect(client.heard == "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nA: 3\r\nContent-Length: 2\r\n\r\nok")
        client.close()
        await stage.end()
        let request = try #require(stage.origin.requests.first)
        #expect(request.fields == ["Host: 127.0.0.1:\(stage.origin.port)", "A: 1", "B: 2", "a: 3"])
    }

    @Test(arguments: MessageStage.Mode.allCases)
    func `an origin that closes behind its answer is not asked again`(mode: MessageStage.Mode) async throws {
        let stage = try await MessageStage.open(
            mode,
            .answering(
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na",
                "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nb"))
        let client = try await stage.client()
        client.send((1...3).map { stage.head("POST", "/\($0)") + "Content-Length: 0\r\n\r\n" }.joined())
        let answers = try await client.answers(to: "POST", "POST", "POST")
        #expect(answers.map(\.text) == ["a", "b", "ok"])
        client.close()
        await stage.end()
        #expect(stage.origin.connections.map(\.requests.count) == [1, 1, 1])
        #expect(stage.tape.exchanges.allSatisfy { $0.error == nil })
    }

    @Test(arguments: MessageStage.Mode.allCases)
    func `an origin that closes an idle connection has done nothing wrong`(mode: MessageStage.Mode) async throws {
        var script = OriginScript()
        let usual = script.onRequest
        script.onRequest = { request, number in usual(request, number) + (number == 0 ? [.close] : []) }
        let stage = try await MessageStage.open(mode, script)
        let client = try await stage.client()
        client.send(stage.head("POST", "/first") + "Content-Length: 0\r\n\r\n")
        _ = try await client.answers(to: "POST")
        try await stage.tape.wait { !$0.ends.isEmpty }
        client.send(stage.head("POST", "/second") + "Content-Length: 0\r\n\r\n")
        #expect(try await client.answers(to: "POST", "POST").map(\.text) == ["ok", "ok"])
        client.close()
        await stage.end()
        #expect(stage.tape.now.ends.first?.closedBy == .server)
        #expect(stage.tape.now.ends.allSatisfy { $0.error == nil })
        #expect(stage.origin.connections.count == 2)
    }
}
