import Foundation
import NIOCore
import Proxy
import TapeModel
import Testing

/// Connections that break, and what the tape says of it.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct MessageBreakTests {
    struct Cut: Sendable, CustomTestStringConvertible {
        let sentence: String
        let answer: String
        let isReset: Bool
        let code: String

        var testDescription: String { sentence }
    }

    @Test(
        arguments: MessageStage.Mode.allCases,
        [
            Cut(sentence: "a length", answer: "Content-Length: 9\r\n\r\npart", isReset: false, code: "closed-early"),
            Cut(
                sentence: "a chunk", answer: "Transfer-Encoding: chunked\r\n\r\n9\r\npart", isReset: false,
                code: "closed-early"),
            Cut(
                sentence: "chunks without the last", answer: "Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n",
                isReset: false, code: "closed-early"),
            Cut(
                sentence: "a length, by a reset", answer: "Content-Length: 9\r\n\r\npart", isReset: true,
                code: "connection-reset"),
            Cut(
                sentence: "the end of the connection, by a reset", answer: "\r\npart", isReset: true,
                code: "connection-reset"),
        ])
    func `an answer that breaks off breaks off for the client as well`(mode: MessageStage.Mode, cut: Cut) async throws {
        var script = OriginScript()
        let usual = script.onRequest
        script.onRequest = { request, number in
            switch number {
            case 0: [.send("HTTP/1.1 200 OK\r\n" + cut.answer)] + (cut.isReset ? [] : [.close])
            default: usual(request, number)
            }
        }
        let stage = try await MessageStage.open(mode, script)
        let client = try await stage.client()
        client.send(stage.head() + "\r\n")
        try await client.heard("part")
        if cut.isReset { await stage.origin.resetAll() }
        let all = try await client.all()
        #expect(all.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(!all.hasSuffix("0\r\n\r\n"))
        // A body that only the end of the connection ends must not end in order.
        if cut.isReset { #expect(client.ending == .reset) }
        #expect(try await stage.servesNextClient())
        await stage.end()
        let exchange = try #require(stage.tape.exchanges.first)
        #expect(exchange.error?.party == .network)
        #expect(exchange.error?.code == cut.code)
        #expect(exchange.lengths[.server] == 4)
        #expect(stage.tape.now.ends.first?.closedBy == .server)
    }

    @Test(
        arguments: MessageStage.Mode.allCases,
        [
            ("Content-Length: 19", false), ("Content-Length: 19", true), ("Transfer-Encoding: chunked", false),
            ("Transfer-Encoding: chunked", true),
        ])
    func `a client that leaves in the middle of a body takes the origin's connection with it`(
        mode: MessageStage.Mode, way: (framing: String, isReset: Bool)
    ) async throws {
        let heard = Signal()
        var script = OriginScript()
        script.onHead = { _, number in
            if number == 0 { heard.raise() }
            return []
        }
        let stage = try await MessageStage.open(mode, script)
        let client = try await stage.client()
        client.send(stage.head("PUT") + way.framing + "\r\n\r\n4\r\npart\r\n")
        try await heard.wait()
        if way.isReset { client.reset() } else { client.close() }
        #expect(try await stage.servesNextClient())
        await stage.end()
        #expect(stage.origin.requests.count == 1)
        let exchange = try #require(stage.tape.exchanges.first { $0.request.method == "PUT" })
        #expect(exchange.error?.party == .client)
        #expect(["client-left", "connection-reset"].contains(exchange.error?.code))
        let end = try #require(stage.tape.now.ends.first { $0.id == exchange.connection })
        #expect(end.closedBy == .client)
    }

    @Test(arguments: MessageStage.Mode.allCases)
    func `a client that is killed while it waits is the one who left`(mode: MessageStage.Mode) async throws {
        let heard = Signal()
        var script = OriginScript()
        script.onRequest = { _, _ in
            heard.raise()
            return []
        }
        let stage = try await MessageStage.open(mode, script)
        let client = try await stage.client()
        client.send(stage.head() + "\r\n")
        try await heard.wait()
        client.reset()
        try await stage.tape.wait { $0.exchanges.first?.isOver == true }
        await stage.end()
        #expect(stage.tape.exchanges.first?.error?.party == .client)
    }

    @Test(arguments: MessageStage.Mode.allCases, ["GET", "HEAD", "PUT", "DELETE", "POST", "PATCH"])
    func `a request into a kept connection that dies is sent once more, where that is safe`(
        mode: MessageStage.Mode, method: String
    ) async throws {
        var script = OriginScript()
        let usual = script.onRequest
        script.onRequest = { request, number in number == 1 ? [.close] : usual(request, number) }
        let stage = try await MessageStage.open(mode, script)
        let client = try await stage.client()
        client.send(stage.head("GET", "/first") + "\r\n")
        _ = try await client.answers(to: "GET")
        let body = ["PUT", "POST", "PATCH"].contains(method) ? "hello" : ""
        client.send(stage.head(method, "/second") + "Content-Length: \(body.utf8.count)\r\n\r\n" + body)
        let answers = try await client.answers(to: "GET", method)
        let isRepeated = method != "POST" && method != "PATCH"
        #expect(answers.map(\.status) == [200, isRepeated ? 200 : 502])
        client.close()
        await stage.end()
        #expect(stage.origin.requests.map(\.method) == ["GET", method] + (isRepeated ? [method] : []))
        #expect(stage.origin.requests.dropFirst().allSatisfy { $0.text == body })
        // Both are on the tape: the one that died and the one that was answered.
        let codes = stage.tape.exchanges.map { $0.error?.code ?? "" }
        #expect(codes == ["", "closed-early"] + (isRepeated ? [""] : []))
    }

    @Test(arguments: MessageStage.Mode.allCases)
    func `a request is not sent a third time, nor on a first connection a second`(mode: MessageStage.Mode) async throws
    {
        var script = OriginScript()
        let usual = script.onRequest
        script.onRequest = { request, number in number == 0 ? usual(request, number) : [.close] }
        let stage = try await MessageStage.open(mode, script)
        let client = try await stage.client()
        client.send(stage.head("GET", "/first") + "\r\n" + stage.head("GET", "/second") + "\r\n")
        #expect(try await client.answers(to: "GET", "GET").map(\.status) == [200, 502])
        let other = try await stage.client()
        other.send(stage.head("GET", "/third") + "\r\n")
        #expect(try await other.answers(to: "GET").map(\.status) == [502])
        client.close()
        other.close()
        await stage.end()
        #expect(stage.origin.requests.count == 4)
        #expect(stage.tape.exchanges.count == 4)
    }

    @Test(arguments: MessageStage.Mode.allCases)
    func `an answer that has begun is never asked for again`(mode: MessageStage.Mode) async throws {
        var script = OriginScript()
        let usual = script.onRequest
        script.onRequest = { request, number in number == 1 ? [.send("HTTP/1.1 2"), .finish] : usual(request, number) }
        let stage = try await MessageStage.open(mode, script)
        let client = try await stage.client()
        client.send(stage.head("GET", "/first") + "\r\n" + stage.head("GET", "/second") + "\r\n")
        #expect(try await client.answers(to: "GET", "GET").map(\.status) == [200, 502])
        client.close()
        await stage.end()
        #expect(stage.origin.requests.count == 2)
    }

    @Test func `an origin that is not there, or is ourselves, is named`() async throws {
        let stage = try await MessageStage.open(.plain)
        for (url, code) in [
            ("http://127.0.0.1:1/", "connection-refused"), ("https://127.0.0.1:1/", "connection-refused"),
            ("http://127.0.0.1:\(stage.port)/", "proxy-loop"), ("http://0.0.0.0:\(stage.port)/", "proxy-loop"),
            ("http://localhost:\(stage.port)/", "proxy-loop"),
            ("http://[::ffff:127.0.0.1]:\(stage.port)/", "proxy-loop"),
            ("http://2130706433:\(stage.port)/", "proxy-loop"),
        ] {
            let client = try await stage.client()
            client.send("GET \(url) HTTP/1.1\r\nHost: x\r\n\r\n")
            let all = try await client.all()
            #expect(all.hasPrefix(code == "proxy-loop" ? "HTTP/1.1 403 " : "HTTP/1.1 502 "), "\(url): \(all)")
            #expect(all.contains("\"code\":\"\(code)\""), "\(url): \(all)")
        }
        await stage.end()
        #expect(stage.tape.exchanges.count == 7)
        #expect(stage.tape.exchanges.allSatisfy { $0.error != nil })
        #expect(Set(stage.tape.now.connections.map(\.id)) == Set(stage.tape.now.ends.map(\.id)))
    }

    // MARK: Patience

    private static var short: MessagePatience {
        var patience = MessagePatience()
        patience.head = .milliseconds(100)
        patience.handshake = .milliseconds(100)
        patience.abandoned = .milliseconds(100)
        return patience
    }

    @Test(arguments: MessageStage.Mode.allCases, ["", "G", "GET / HTTP/1.1\r\nHost: x\r\nX: "])
    func `a client that stops in the middle of a head is closed, also behind another request`(
        mode: MessageStage.Mode, start: String
    ) async throws {
        let stage = try await MessageStage.open(mode, patience: Self.short)
        let client = try await stage.client()
        client.send(start)
        #expect(try await client.all() == "")
        if !start.isEmpty {
            let second = try await stage.client()
            second.send(stage.head() + "\r\n" + start)
            #expect(try await second.all().hasSuffix("\r\n\r\nok"))
        }
        await stage.end()
    }

    @Test(arguments: MessageStage.Mode.allCases)
    func `an origin that stops in the middle of a head is given up`(mode: MessageStage.Mode) async throws {
        let stage = try await MessageStage.open(mode, .answering("HTTP/1.1 200 OK\r\nX: "), patience: Self.short)
        let client = try await stage.client()
        client.send(stage.head() + "\r\n")
        let all = try await client.all()
        #expect(all.hasPrefix("HTTP/1.1 502 ") && all.contains("\"code\":\"head-timeout\""))
        await stage.end()
        #expect(stage.tape.exchanges.first?.error?.code == "head-timeout")
    }

    @Test func `an origin that never finishes its handshake is given up`() async throws {
        var script = OriginScript()
        script.onEnd = { [] }
        let stage = try await MessageStage.open(.plain, script, patience: Self.short)
        let client = try await stage.client()
        client.send("GET https://127.0.0.1:\(stage.origin.port)/ HTTP/1.1\r\nHost: x\r\n\r\n")
        let all = try await client.all()
        #expect(all.hasPrefix("HTTP/1.1 502 ") && all.contains("\"code\":\"handshake-timeout\""), "\(all)")
        await stage.end()
        #expect(stage.tape.exchanges.first?.error?.code == "handshake-timeout")
    }

    @Test(arguments: MessageStage.Mode.allCases)
    func `a client that closed its half and hears nothing is taken for gone`(mode: MessageStage.Mode) async throws {
        var script = OriginScript()
        script.onRequest = { _, _ in [] }
        script.onEnd = { [] }
        let stage = try await MessageStage.open(mode, script, patience: Self.short)
        let client = try await stage.client()
        client.send(stage.head() + "\r\n")
        client.finish()
        #expect(try await client.all() == "")
        await stage.end()
        #expect(stage.tape.exchanges.first?.error?.code == "client-left")
    }
}
