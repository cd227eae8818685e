import Foundation
import NIOCore
import Replay
import TapeModel
import TestSupport
import Testing

/// Clients that ask for much and take nothing, or an octet at a time (RELIABILITY.md H5).
@Suite(.serialized, .timeLimit(.minutes(3)))
struct HTTP2WindowTests {
    private static let sha256 = String(repeating: "c", count: 64)
    private static let target = "/v2/app/blobs/sha256:\(sha256)"
    private static let length = 8 << 20

    private func stage(_ body: (ReplayStage) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        let path = directory.entry("body")
        try Data(count: Self.length).write(to: URL(filePath: path))
        let blob = ReplayStage.exchange("GET", Self.target, file: (Self.sha256, Int64(Self.length)))
        var patience = ServerPatience()
        patience.beat = .milliseconds(50)
        try await ReplayStage.run(
            [ReplayStage.ping, blob], bodies: FileBodies([Self.sha256: path]), patience: patience, body)
    }

    /// The most memory that this process had since it was last asked to forget that, in KiB.
    private func peak() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(Int(line.split(separator: " ").dropFirst().first ?? ""))
    }

    @Test(arguments: [0, 1])
    func `many streams that take nothing, or an octet each, cost little and are given up`(window: Int) async throws {
        try await stage { stage in
            try "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
            let before = try peak()
            let streams = (0..<100).map { $0 * 2 + 1 }
            let connections = 3
            let heard = try await withThrowingTaskGroup { group in
                for _ in 0..<connections {
                    group.addTask {
                        try await RawSocket.use(stage.port) { socket in
                            socket.send(
                                RawHTTP2.preface + RawHTTP2.settings([(4, window)])
                                    + streams.flatMap { RawHTTP2.get(Self.target, stream: $0) })
                            return socket.hear(streams: streams).0
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for connection in heard {
                #expect(streams.allSatisfy { connection.answers[$0]?.statuses == [200] })
                #expect(streams.allSatisfy { connection.answers[$0]?.content.count == window })
                #expect(streams.allSatisfy { connection.answers[$0]?.resetCode == 8 })
            }
            // All that was asked for is 2.4 GB; other tests run in this process meanwhile.
            let grown = try peak() - before
            #expect(grown < 600 << 10, "\(grown) KiB")
            #expect(try await stage.servesNextClient())
        }
    }

    @Test func `a client that opens its window octet by octet gets the right octets`() async throws {
        try await ReplayStage.run([ReplayStage.ping, ReplayStage.tags]) { stage in
            let heard = try await RawSocket.use(stage.port) { socket in
                socket.send(
                    RawHTTP2.preface + RawHTTP2.settings([(4, 0)]) + RawHTTP2.get("/v2/app/tags/list", stream: 1))
                for _ in 0..<40 { socket.send(RawHTTP2.windowUpdate(1, by: 1)) }
                return socket.hear(streams: [1]).0
            }
            #expect(heard.answers[1]?.text == #"{"name":"app","tags":["1"]}"#)
            #expect(heard.frames.allSatisfy { $0.type != 0 || $0.payload.count <= 40 })
        }
    }
}
