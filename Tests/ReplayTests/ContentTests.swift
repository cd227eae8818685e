import Foundation
import Replay
import TapeModel
import TestSupport
import Testing

/// Content from files: whole, in ranges, and never another one than was recorded.
@Suite(.timeLimit(.minutes(3)))
struct ContentTests {
    private let directory: TemporaryDirectory
    private let sha256 = String(repeating: "c", count: 64)
    private let octets = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) & 0x7F }

    init() throws { directory = try TemporaryDirectory() }

    private func stage(
        wrong: Set<String> = [], faults: [String] = [], _ body: (ReplayStage) async throws -> Void
    ) async throws {
        let path = directory.entry("body")
        try Data(octets).write(to: URL(filePath: path))
        let blob = ReplayStage.exchange(
            "GET", "/v2/app/blobs/sha256:\(sha256)", file: (sha256, Int64(octets.count)))
        var options = ReplayMachine.Options()
        options.faults = try faults.map { try FaultRule(parsing: $0) }
        try await ReplayStage.run(
            [ReplayStage.ping, blob], bodies: FileBodies([sha256: path], wrong: wrong), options: options, body)
    }

    private func get(_ stage: ReplayStage, _ fields: String = "", until wanted: String? = nil) async throws -> String {
        try await RawClient.hear(
            from: stage.port,
            "GET /v2/app/blobs/sha256:\(sha256) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\(fields)\r\n",
            until: wanted)
    }

    private func content(_ answer: String) -> [UInt8] {
        Array((answer.range(of: "\r\n\r\n").map { answer[$0.upperBound...] } ?? "").utf8)
    }

    @Test func `a file is sent whole and in ranges`() async throws {
        try await stage { stage in
            let whole = try await get(stage)
            #expect(whole.hasPrefix("HTTP/1.1 200 "))
            #expect(content(whole) == Array(String(decoding: octets, as: UTF8.self).utf8))
            let range = try await get(stage, "Range: bytes=2999990-\r\n")
            #expect(
                range.hasPrefix("HTTP/1.1 206 ") && range.contains("Content-Length: 10\r\n"), "\(range.prefix(400))")
            #expect(content(range) == Array(String(decoding: octets.suffix(10), as: UTF8.self).utf8))
        }
    }

    @Test func `octets that are not those of the digest are never sent`() async throws {
        try await stage(wrong: [sha256]) { stage in
            let answer = try await get(stage)
            #expect(answer.hasPrefix("HTTP/1.1 500 "), "\(answer.prefix(400))")
            #expect(answer.contains("the tape is damaged"))
        }
    }

    @Test func `a file that has become shorter breaks the answer off`() async throws {
        try await stage { stage in
            // Looked at once, and cut behind the server's back.
            _ = try await get(stage)
            try Data(octets.prefix(1_000_000)).write(to: URL(filePath: directory.entry("body")))
            let answer = try await get(stage)
            #expect(
                answer.contains("Content-Length: 3000000\r\n") || answer.hasPrefix("HTTP/1.1 500"),
                "\(answer.prefix(400))")
            #expect(content(answer).count < octets.count && !answer.hasSuffix("…"))
        }
    }

    @Test func `a cut and a turned octet are where the fault wants them`() async throws {
        try await stage(faults: ["cut=1000000"]) { stage in
            let answer = try await get(stage)
            #expect(answer.contains("Content-Length: 3000000\r\n"), "\(answer.prefix(300))")
            #expect(content(answer) == Array(String(decoding: octets.prefix(1_000_000), as: UTF8.self).utf8))
        }
        try await stage(faults: ["flip=2000000"]) { stage in
            let sent = content(try await get(stage))
            #expect(sent.count == octets.count)
            let differing = zip(sent, octets).enumerated().filter { $0.element.0 != $0.element.1 }.map(\.offset)
            #expect(differing == [2_000_000])
        }
    }
}
