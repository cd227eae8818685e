import Foundation
import Replay
import TapeModel
import TestSupport
import Testing

/// Interim answers and trailers of a tape come again where the client can take them (RELIABILITY.md S14, S15).
@Suite(.timeLimit(.minutes(3)))
struct InterimTests {
    private static let sha256 = String(repeating: "c", count: 64)
    private static let next = "GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

    private static var odd: Exchange {
        var odd = ReplayStage.exchange(
            "GET", "/v2/app/manifests/1", fields: [FieldLine("Content-Type", "application/json")], text: #"{"a":1}"#)
        odd.interim = [
            ResponseHead(status: 100, reason: "", version: "HTTP/1.1", fields: []),
            ResponseHead(
                status: 103, reason: "", version: "HTTP/1.1",
                fields: [
                    FieldLine("Link", "<http://registry.test/v2/hint>; rel=preload"), FieldLine("X-Evil", "a\r\nb: c"),
                    FieldLine("Connection", "close"),
                ]),
            ResponseHead(status: 101, reason: "", version: "HTTP/1.1", fields: [FieldLine("Upgrade", "x")]),
            ResponseHead(status: 199, reason: "", version: "HTTP/1.1", fields: []),
        ]
        odd.response?.trailers = [
            FieldLine("X-Checksum", "7"), FieldLine("Content-Length", "1"), FieldLine("X-Evil", "a\r\nb: c"),
            FieldLine("Set-Cookie", "a=b"),
        ]
        return odd
    }

    @Test func `a client of HTTP/1_1 gets them in their places, and its next answer is whole`() async throws {
        try await ReplayStage.run([ReplayStage.ping, Self.odd]) { stage in
            let heard = try await RawClient.hear(
                from: stage.port, "GET /v2/app/manifests/1 HTTP/1.1\r\nHost: x\r\n\r\n" + Self.next)
            let answers = heard.components(separatedBy: "HTTP/1.1 ").dropFirst()
            #expect(answers.map { $0.prefix(3) } == ["103", "199", "200", "200"], "\(heard)")
            #expect(
                answers.first == "103 Early Hints\r\nLink: <http://x/v2/hint>; rel=preload\r\nX-Evil: ab: c\r\n\r\n",
                "\(heard)")
            let content = answers.dropFirst(2).first?.components(separatedBy: "\r\n\r\n").dropFirst()
            #expect(
                content?.joined(separator: "|") == "7\r\n{\"a\":1}\r\n0\r\nX-Checksum: 7\r\nX-Evil: ab: c|", "\(heard)")
            #expect(answers.dropFirst(2).first?.contains("Transfer-Encoding: chunked\r\n") == true)
            #expect(answers.dropFirst(2).first?.contains("Content-Length") == false)
        }
    }

    @Test func `a client of HTTP/1_0 gets neither, nor does one that asks for the head alone`() async throws {
        try await ReplayStage.run([ReplayStage.ping, Self.odd]) { stage in
            let old = try await RawClient.hear(from: stage.port, "GET /v2/app/manifests/1 HTTP/1.0\r\nHost: x\r\n\r\n")
            #expect(old.hasPrefix("HTTP/1.1 200 ") && old.hasSuffix("\r\n\r\n{\"a\":1}"), "\(old)")
            #expect(old.contains("Content-Length: 7\r\n") && !old.contains("X-Checksum"), "\(old)")
            let head = try await RawClient.hear(
                from: stage.port, "HEAD /v2/app/manifests/1 HTTP/1.1\r\nHost: x\r\n\r\n" + Self.next)
            #expect(!head.contains("X-Checksum") && !head.contains("chunked") && head.hasSuffix("{}"), "\(head)")
            let part = try await RawClient.hear(
                from: stage.port,
                "GET /v2/app/manifests/1 HTTP/1.1\r\nHost: x\r\nRange: bytes=0-2\r\n\r\n" + Self.next)
            #expect(part.contains("HTTP/1.1 206 ") && !part.contains("X-Checksum"), "\(part)")
        }
    }

    @Test func `a client of HTTP/2 gets them as header sections of the stream`() async throws {
        try await ReplayStage.run([ReplayStage.ping, Self.odd]) { stage in
            let (heard, isOpen) = try await RawSocket.use(stage.port) { socket in
                socket.send(
                    RawHTTP2.opening + RawHTTP2.get("/v2/app/manifests/1", stream: 1) + RawHTTP2.get("/v2/", stream: 3))
                return socket.hear(streams: [1, 3])
            }
            let odd = heard.answers[1]
            #expect(isOpen && odd?.statuses == [103, 199, 200] && odd?.text == #"{"a":1}"#, "\(heard)")
            #expect(
                odd?.sections.last?.map { "\($0.name): \($0.value)" } == ["x-checksum: 7", "x-evil: ab: c"], "\(heard)")
            #expect(odd?.hasEnded == true && heard.answers[3]?.text == "{}", "\(heard)")
        }
    }

    @Test func `a long file comes whole in chunks`() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.entry("body")
        let octets = (0..<700_001).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) }
        try Data(octets).write(to: URL(filePath: path))
        var blob = ReplayStage.exchange(
            "GET", "/v2/app/blobs/sha256:\(Self.sha256)", file: (Self.sha256, Int64(octets.count)))
        blob.response?.trailers = [FieldLine("X-Checksum", "7")]
        try await ReplayStage.run([ReplayStage.ping, blob], bodies: FileBodies([Self.sha256: path])) { stage in
            let heard = try await RawSocket.use(stage.port) { socket in
                socket.send("GET /v2/app/blobs/sha256:\(Self.sha256) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                return socket.hear().octets
            }
            // Chunk by chunk, as a plain reader of RFC 9112 §7.1 sees it.
            var rest = heard[(Self.end(of: "\r\n\r\n", in: heard[...]) ?? 0)...]
            var content: [UInt8] = []
            while let line = Self.end(of: "\r\n", in: rest),
                let count = Int(Latin1.text(rest[rest.startIndex..<line - 2]), radix: 16), count > 0
            {
                content += rest[line...].prefix(count)
                rest = rest[line...].dropFirst(count + 2)
            }
            #expect(content == octets)
            #expect(Latin1.text(rest) == "0\r\nX-Checksum: 7\r\n\r\n")
        }
    }

    private static func end(of mark: String, in octets: ArraySlice<UInt8>) -> Int? {
        let mark = Array(mark.utf8)
        return octets.indices.first { octets[$0...].starts(with: mark) }.map { $0 + mark.count }
    }
}
