import Foundation
import Replay
import TapeModel
import TestSupport
import Testing

/// Where a request ends while its answer is on the way, and what may follow it (RELIABILITY.md S10, S11, S13-S15, S17).
@Suite(.timeLimit(.minutes(3)))
struct RequestEndTests {
    private static let next = "GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

    private func answers(_ heard: String) -> [Substring] {
        heard.components(separatedBy: "HTTP/1.1 ").dropFirst().map { $0[...] }
    }

    /// When a client that said `Expect: 100-continue` sends what it announced.
    enum Sending: String, CaseIterable, Sendable {
        case early, late, never
    }

    @Test(arguments: Sending.allCases)
    func `whoever waits for 100 and is refused hears it at once, and the connection ends with it`(
        sending: Sending
    ) async throws {
        try await ReplayStage.run([ReplayStage.tags, ReplayStage.ping]) { stage in
            let heard = try await RawSocket.use(stage.port) { socket in
                let head = "PATCH /v2/nothing HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"
                let content = "GET /v2/ "
                socket.send(sending == .early ? head + content + Self.next : head)
                var heard = socket.hear { String(decoding: $0, as: UTF8.self).contains("\r\n\r\n") }.octets
                if sending == .late { socket.send(content + Self.next) }
                let rest = socket.hear()
                heard += rest.octets
                return String(decoding: heard, as: UTF8.self) + (rest.isOpen ? "…" : "")
            }
            #expect(heard.hasPrefix("HTTP/1.1 404 ") && heard.contains("\r\nConnection: close\r\n"), "\(heard)")
            #expect(answers(heard).count == 1 && !heard.hasSuffix("…"), "\(heard)")
            #expect(try await stage.servesNextClient())
        }
    }

    @Test(arguments: Sending.allCases, ["HTTP/1.1", "HTTP/1.0"])
    func `whoever waits for 100 and is wanted gets it and one answer, and its connection goes on`(
        sending: Sending, version: String
    ) async throws {
        var options = ReplayMachine.Options()
        options.isWritable = true
        try await ReplayStage.run([ReplayStage.ping], options: options) { stage in
            let heard = try await RawSocket.use(stage.port) { socket in
                let head =
                    "POST /v2/app/blobs/uploads/?digest=\(CountedBody.digest) \(version)\r\nHost: x\r\nConnection: keep-alive\r\n"
                    + "Expect: 100-continue\r\nContent-Length: 9\r\n\r\n"
                let isEarly = sending == .early || version == "HTTP/1.0"
                socket.send(isEarly && sending != .never ? head + "123456789" + Self.next : head)
                var heard: [UInt8] = []
                if !isEarly {
                    heard = socket.hear { String(decoding: $0, as: UTF8.self).contains("100 Continue\r\n\r\n") }.octets
                }
                if !isEarly, sending == .late { socket.send("123456789" + Self.next) }
                if sending == .never { socket.finish() }
                let rest = socket.hear()
                heard += rest.octets
                return String(decoding: heard, as: UTF8.self) + (rest.isOpen ? "…" : "")
            }
            #expect(!heard.hasSuffix("…"), "\(heard)")
            #expect(heard.hasPrefix("HTTP/1.1 100 Continue\r\n\r\n") == (version == "HTTP/1.1"), "\(heard)")
            let final = answers(heard).filter { !$0.hasPrefix("100 ") }
            if sending == .never {
                #expect(final.isEmpty, "\(heard)")
            } else {
                #expect(final.count == 2 && final.first?.hasPrefix("201 ") == true, "\(heard)")
                #expect(final.last?.hasPrefix("200 ") == true && heard.hasSuffix("{}"), "\(heard)")
            }
            #expect(try await stage.servesNextClient())
        }
    }

    @Test(arguments: ["Content-Length: 100000000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n5f5e100\r\n"])
    func `an answer before the end of a body that stops coming is the connection's last`(framing: String) async throws {
        try await ReplayStage.run([ReplayStage.ping, ReplayStage.tags]) { stage in
            // Fewer octets than are thrown away, and then no more of them.
            let heard = try await RawClient.hear(
                from: stage.port, "GET /v2/app/tags/list HTTP/1.1\r\nHost: x\r\n" + framing + Self.next)
            #expect(heard.hasPrefix("HTTP/1.1 200 ") && heard.contains("\r\nConnection: close\r\n"), "\(heard)")
            #expect(answers(heard).count == 1 && !heard.hasSuffix("…"), "\(heard)")
            #expect(try await stage.servesNextClient())
        }
    }

    @Test(arguments: ["h2c", "h2c, websocket", "websocket", "TLS/1.0"])
    func `an offer to switch protocols is not taken, and what follows is a request`(offer: String) async throws {
        try await ReplayStage.run([ReplayStage.ping, ReplayStage.tags]) { stage in
            let heard = try await RawClient.hear(
                from: stage.port,
                "GET /v2/app/tags/list HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                    + "Upgrade: \(offer)\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n" + Self.next)
            #expect(answers(heard).count == 2 && answers(heard).allSatisfy { $0.hasPrefix("200 ") }, "\(heard)")
            #expect(heard.hasSuffix("{}") && !heard.lowercased().contains("upgrade"), "\(heard)")
            // A preface where a request belongs is none.
            let switched = try await RawClient.hear(
                from: stage.port,
                [
                    Array("GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: \(offer)\r\n\r\n".utf8),
                    RawHTTP2.opening, RawHTTP2.get("/v2/app/tags/list", stream: 1),
                ], finishes: true)
            #expect(answers(switched).count == 2 && !switched.contains(#"["1"]"#), "\(switched)")
            #expect(answers(switched).last?.hasPrefix("400 ") == true, "\(switched)")
        }
    }

    @Test(arguments: [
        "CONNECT registry.test:80 HTTP/1.1\r\nHost: registry.test:80\r\nContent-Length: 5\r\n\r\n",
        "CONNECT registry.test:80 HTTP/1.1\r\nHost: registry.test:80\r\nTransfer-Encoding: chunked\r\n\r\n",
        "CONNECT registry.test HTTP/1.1\r\nHost: registry.test\r\n\r\n",
        "CONNECT / HTTP/1.1\r\nHost: x\r\n\r\n", "CONNECT a b:1 HTTP/1.1\r\nHost: x\r\n\r\n",
        "CONNECT http://registry.test/ HTTP/1.1\r\nHost: registry.test\r\n\r\n",
    ])
    func `a tunnel that is asked for in an odd way is not opened`(head: String) async throws {
        try await ReplayStage.run([ReplayStage.ping]) { stage in
            let heard = try await RawClient.hear(from: stage.proxyPort, head + Self.next, finishes: true)
            #expect(heard.hasPrefix("HTTP/1.1 400 ") && answers(heard).count == 1, "\(heard)")
            #expect(try await stage.servesNextClient())
        }
    }

    @Test func `trailers end a request and change nothing of it`() async throws {
        try await ReplayStage.run([ReplayStage.ping, ReplayStage.tags]) { stage in
            let start = "GET /v2/app/tags/list HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
            for trailers in ["X: a\r\n", "Content-Length: 9\r\nTransfer-Encoding: chunked\r\nHost: y\r\n", ""] {
                let heard = try await RawClient.hear(from: stage.port, start + trailers + "\r\n" + Self.next)
                #expect(answers(heard).count == 2 && answers(heard).allSatisfy { $0.hasPrefix("200 ") }, "\(heard)")
            }
            let long = "X: " + String(repeating: "a", count: 70_000) + "\r\n\r\n"
            let refused = try await RawClient.hear(from: stage.port, start + long + Self.next, finishes: true)
            #expect(refused.hasPrefix("HTTP/1.1 431 ") && answers(refused).count == 1, "\(refused)")
        }
    }

    @Test func `a client that closes its half in the midst of pipelined requests gets every answer`() async throws {
        try await ReplayStage.run([ReplayStage.ping]) { stage in
            let heard = try await RawClient.hear(
                from: stage.port, String(repeating: "GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n", count: 100), finishes: true)
            #expect(answers(heard).count == 100 && answers(heard).allSatisfy { $0.hasSuffix("{}") })
        }
    }

    @Test(arguments: ["GET /v2/ HTTP/1.1\r\nHost: x\r\n", "GET /v2/ HTT", "G"])
    func `half a request and a farewell are told to be no request`(text: String) async throws {
        try await ReplayStage.run([ReplayStage.ping]) { stage in
            let heard = try await RawClient.hear(from: stage.port, text, finishes: true)
            #expect(heard.hasPrefix("HTTP/1.1 400 ") && answers(heard).count == 1, "\(heard)")
            #expect(try await stage.servesNextClient())
        }
    }
}
