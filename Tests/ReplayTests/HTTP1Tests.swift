import Foundation
import Replay
import TapeModel
import TestSupport
import Testing

/// The server's HTTP/1 on the wire (RELIABILITY.md S1-S17).
@Suite(.timeLimit(.minutes(3)))
struct HTTP1Tests {
    private static let smuggled = "GET /v2/smuggled HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test(arguments: [
        // S1
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        // S2
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding:\tchunked \u{0B}\r\n\r\n0\r\n\r\n",
        // S3
        "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", "Content-Length: +1\r\n\r\nx", "Content-Length: \r\n\r\n",
        "Content-Length: 18446744073709551616\r\n\r\n",
        // S4
        "Content-Length : 0\r\n\r\n", "A: b\r\n c\r\n\r\n",
        // S5
        "A: b\n\r\n", "A: b\rc\r\n\r\n", "A: b\0\r\n\r\n",
        // S6
        "Transfer-Encoding: chunked\r\n\r\n0x1\r\nx\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        // S7
        ": b\r\n\r\n", "A b: c\r\n\r\n",
        // S12
        "Connection: Content-Length\r\nContent-Length: 0\r\n\r\n",
        // S13
        "Expect: the-unexpected\r\n\r\n", "Host: other\r\n\r\n",
    ])
    func `what could be read in two ways is refused, and nothing behind it is a request`(rest: String) async throws {
        try await ReplayStage.run([ReplayStage.ping]) { stage in
            let heard = try await RawClient.hear(
                from: stage.port, "POST /v2/app/blobs/uploads/ HTTP/1.1\r\nHost: x\r\n" + rest + Self.smuggled)
            #expect(heard.hasPrefix("HTTP/1.1 4"), "\(heard)")
            #expect(heard.components(separatedBy: "HTTP/1.1 ").count == 2, "\(heard)")
            #expect(heard.contains("Connection: close"))
            #expect(!heard.hasSuffix("…"), "the connection stays open")
            // The next client is served.
            let next = try await RawClient.hear(
                from: stage.port, "GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(next.hasPrefix("HTTP/1.1 200 "), "\(next)")
        }
    }

    @Test func `49 of 100 pipelined requests are answered before the fiftieth is refused`() async throws {
        try await ReplayStage.run([ReplayStage.ping]) { stage in
            let good = String(repeating: "GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n", count: 49)
            let bad = "GET /v2/ HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n"
            let heard = try await RawClient.hear(from: stage.port, good + bad + good)
            let answers = heard.components(separatedBy: "HTTP/1.1 ").dropFirst()
            #expect(answers.prefix(49).allSatisfy { $0.hasPrefix("200 ") && $0.hasSuffix("{}") })
            #expect(answers.count == 50 && answers.last?.hasPrefix("400 ") == true, "\(answers.count)")
        }
    }

    @Test func `a client that has closed its half still gets its answer`() async throws {
        try await ReplayStage.run([ReplayStage.ping]) { stage in
            let heard = try await RawClient.hear(
                from: stage.port, "GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n", finishes: true)
            #expect(heard.hasPrefix("HTTP/1.1 200 ") && heard.hasSuffix("{}"), "\(heard)")
        }
    }

    @Test(arguments: [
        ("HEAD", 200, [FieldLine("Content-Length", "10")]), ("GET", 204, [FieldLine("Content-Length", "10")]),
        ("HEAD", 200, [FieldLine("Transfer-Encoding", "chunked")]),
        ("GET", 204, [FieldLine("Transfer-Encoding", "chunked")]), ("GET", 205, []), ("GET", 200, []),
        ("HEAD", 404, []),
    ])
    func `an answer without content does not hurt the next one`(
        method: String, status: Int, fields: [FieldLine]
    ) async throws {
        let odd = ReplayStage.exchange(method, "/odd", status: status, fields: fields)
        try await ReplayStage.run([ReplayStage.ping, odd]) { stage in
            let heard = try await RawClient.hear(
                from: stage.port,
                "\(method) /odd HTTP/1.1\r\nHost: x\r\n\r\nGET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let answers = heard.components(separatedBy: "HTTP/1.1 ").dropFirst()
            #expect(answers.count == 2, "\(heard)")
            #expect(answers.first?.hasPrefix("\(status) ") == true, "\(heard)")
            #expect(answers.first?.hasSuffix("\r\n\r\n") == true, "\(heard)")
            #expect(answers.first?.lowercased().contains("transfer-encoding") == false)
            #expect(answers.last?.hasPrefix("200 ") == true && heard.hasSuffix("{}"), "\(heard)")
        }
    }

    @Test func `an answer that comes before a long body has ended is the connection's last`() async throws {
        try await ReplayStage.run([ReplayStage.ping, ReplayStage.tags]) { stage in
            let body = [UInt8](repeating: UInt8(ascii: "x"), count: 400_000)
            let heard = try await RawClient.hear(
                from: stage.port,
                [
                    Array("GET /v2/app/tags/list HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n".utf8), body,
                    Array(Self.smuggled.utf8),
                ])
            #expect(heard.components(separatedBy: "HTTP/1.1 ").count == 2, "\(heard)")
            #expect(heard.hasPrefix("HTTP/1.1 200 ") && heard.contains("Connection: close"), "\(heard)")
        }
    }

    @Test func `a short body that nobody asked for costs no connection`() async throws {
        try await ReplayStage.run([ReplayStage.ping, ReplayStage.tags]) { stage in
            let heard = try await RawClient.hear(
                from: stage.port,
                "GET /v2/app/tags/list HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nxxxxx"
                    + "GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(heard.components(separatedBy: "HTTP/1.1 200 ").count == 3, "\(heard)")
        }
    }

    @Test func `nothing of a tape ends a line early`() async throws {
        let odd = ReplayStage.exchange(
            "GET", "/odd",
            fields: [
                FieldLine("X-Good", "yes"), FieldLine("X-Bad", "a\r\nSet-Cookie: b"), FieldLine("X Worse\r\n", "c"),
                FieldLine("Content-Length", "99"), FieldLine("Keep-Alive", "timeout=1"),
            ], text: "odd")
        try await ReplayStage.run([ReplayStage.ping, odd]) { stage in
            let heard = try await RawClient.hear(
                from: stage.port, "GET /odd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(heard.contains("X-Good: yes\r\n") && heard.contains("Content-Length: 3\r\n"), "\(heard)")
            #expect(
                !heard.contains("\nSet-Cookie") && !heard.contains("Worse") && !heard.contains("timeout=1"), "\(heard)")
            #expect(heard.hasSuffix("\r\n\r\nodd"))
        }
    }

    @Test func `a head without end and one with too many fields are refused with 431`() async throws {
        try await ReplayStage.run([ReplayStage.ping]) { stage in
            let long = "GET /v2/ HTTP/1.1\r\nHost: x\r\nA: " + String(repeating: "b", count: 10 << 20)
            let refused = try await RawClient.hear(from: stage.port, long)
            #expect(refused.hasPrefix("HTTP/1.1 431 "), "\(refused)")
            let many = "GET /v2/ HTTP/1.1\r\nHost: x\r\n" + String(repeating: "A: b\r\n", count: 300) + "\r\n"
            let crowded = try await RawClient.hear(from: stage.port, many)
            #expect(crowded.hasPrefix("HTTP/1.1 431 "), "\(crowded)")
        }
    }

    @Test func `a proxy for nobody and a registry that is no proxy say so`() async throws {
        try await ReplayStage.run([ReplayStage.ping]) { stage in
            let proxied = try await RawClient.hear(
                from: stage.proxyPort,
                "GET http://registry.test/v2/ HTTP/1.1\r\nHost: registry.test\r\nConnection: close\r\n\r\n")
            #expect(proxied.hasPrefix("HTTP/1.1 200 ") && proxied.hasSuffix("{}"), "\(proxied)")
            let direct = try await RawClient.hear(from: stage.proxyPort, "GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(direct.hasPrefix("HTTP/1.1 400 "), "\(direct)")
            let tunnel = try await RawClient.hear(
                from: stage.port, "CONNECT registry.test:443 HTTP/1.1\r\nHost: registry.test:443\r\n\r\n")
            #expect(tunnel.hasPrefix("HTTP/1.1 421 "), "\(tunnel)")
            // Plain HTTP through a tunnel, as some clients speak it to registries without TLS.
            let inside = try await RawClient.hear(
                from: stage.proxyPort,
                "CONNECT registry.test:80 HTTP/1.1\r\nHost: registry.test:80\r\n\r\n"
                    + "GET /v2/ HTTP/1.1\r\nHost: registry.test\r\nConnection: close\r\n\r\n")
            #expect(inside.hasPrefix("HTTP/1.1 200 Connection Established\r\n\r\nHTTP/1.1 200 "), "\(inside)")
        }
    }

    @Test func `TLS on a plain port is told so in plain text`() async throws {
        try await ReplayStage.run([ReplayStage.ping]) { stage in
            let heard = try await RawClient.hear(from: stage.port, [[22, 3, 1, 0, 5, 1, 0, 0, 1, 0]])
            #expect(heard.hasPrefix("HTTP/1.1 400 ") && heard.contains("plain HTTP"), "\(heard)")
        }
    }
}
