import Foundation
import Replay
import Testing

/// What the replay says of itself, and to whom (RELIABILITY.md U2, U3).
@Suite(.timeLimit(.minutes(3)))
struct OwnEndpointTests {
    private func ask(
        _ stage: ReplayStage, _ start: String, host: String, fields: String = "", isProxy: Bool = false
    ) async throws -> String {
        try await RawClient.hear(
            from: isProxy ? stage.proxyPort : stage.port,
            "\(start) HTTP/1.1\r\nHost: \(host)\r\nContent-Length: 0\r\n\(fields)Connection: close\r\n\r\n")
    }

    /// How many exchanges were matched, by the replay's own count.
    private func matched(_ stage: ReplayStage) -> Int { stage.server.report.matched }

    @Test(
        arguments: [
            ("127.0.0.1", true), ("127.0.0.1:5000", true), ("[::1]:5000", true), ("localhost", true),
            ("LocalHost:5000", true), ("10.0.75.1:5000", true), ("evil.test", false), ("evil.test:5000", false),
            ("localhost.evil.test", false), ("127.0.0.1.evil.test", false), ("2130706433", false),
            ("0x7f.1", false),
        ], [true, false])
    func `a name that was made to point here is told nothing`(host: (String, Bool), isProxy: Bool) async throws {
        try await ReplayStage.run([ReplayStage.ping]) { stage in
            #expect(try await stage.servesNextClient())
            let status = try await ask(stage, "GET /_regtape/status", host: host.0, isProxy: isProxy)
            #expect(status.hasPrefix(host.1 ? "HTTP/1.1 200 " : "HTTP/1.1 421 "), "\(status)")
            #expect(status.contains("matched") == host.1, "\(status)")
            let reset = try await ask(stage, "POST /_regtape/reset", host: host.0, isProxy: isProxy)
            #expect(reset.hasPrefix(host.1 ? "HTTP/1.1 204 " : "HTTP/1.1 421 "), "\(reset)")
            #expect(matched(stage) == (host.1 ? 0 : 1))
        }
    }

    @Test func `a name that was made to point here is told nothing over HTTP/2 either`() async throws {
        try await ReplayStage.run([ReplayStage.ping]) { stage in
            let (heard, _) = try await RawSocket.use(stage.port) { socket in
                let fields = [(":method", "GET"), (":scheme", "http"), (":path", "/_regtape/status")]
                socket.send(
                    RawHTTP2.opening + RawHTTP2.request(fields + [(":authority", "evil.test")], stream: 1)
                        + RawHTTP2.request(fields + [(":authority", "127.0.0.1")], stream: 3))
                return socket.hear(streams: [1, 3])
            }
            #expect(heard.answers[1]?.statuses == [421] && heard.answers[3]?.statuses == [200], "\(heard)")
        }
    }

    @Test(arguments: [
        ("POST", "Origin: http://evil.test\r\n"), ("POST", "Origin: null\r\n"),
        ("POST", "Sec-Fetch-Site: cross-site\r\n"), ("POST", "Sec-Fetch-Site: same-site\r\n"), ("GET", ""), ("PUT", ""),
        ("HEAD", ""), ("DELETE", ""), ("OPTIONS", ""),
    ])
    func `a page of another site cannot start a replay over, nor can a request that only reads`(
        method: String, field: String
    ) async throws {
        try await ReplayStage.run([ReplayStage.ping]) { stage in
            #expect(try await stage.servesNextClient())
            let heard = try await ask(stage, "\(method) /_regtape/reset", host: "127.0.0.1", fields: field)
            #expect(heard.hasPrefix(method == "POST" ? "HTTP/1.1 403 " : "HTTP/1.1 404 "), "\(heard)")
            #expect(!heard.lowercased().contains("access-control"))
            #expect(matched(stage) == 1)
        }
    }
}
