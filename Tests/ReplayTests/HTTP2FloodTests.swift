import Foundation
import NIOCore
import NIOHPACK
import Replay
import TapeModel
import TestSupport
import Testing

/// Clients of HTTP/2 that mean harm, frame by frame and without TLS (RELIABILITY.md H1-H4, H6).
@Suite(.serialized, .timeLimit(.minutes(3)))
struct HTTP2FloodTests {
    /// What a hostile client sends behind its preface.
    enum Flood: String, CaseIterable, Sendable {
        case rapidReset, madeYouReset, zeroIncrements, selfDependencies, continuation, emptyContinuation, emptyHeaders
        case settings, pings, emptyData, priorities, unknownResets, headerBomb, badHeaderBlock, windowOverflow

        /// One round of it; each uses streams that no round before it used.
        func round(_ number: Int) -> [UInt8] {
            let stream = number * 2 + 1
            switch self {
            case .rapidReset: return RawHTTP2.get("/v2/", stream: stream) + RawHTTP2.reset(stream)
            // CVE-2025-8671: the server is made to reset streams that it has begun to answer.
            case .madeYouReset:
                return RawHTTP2.request("GET", "/v2/", stream: stream, isEnd: false)
                    + RawHTTP2.windowUpdate(stream, by: 0x7FFF_FFFF)
            case .zeroIncrements:
                return RawHTTP2.request("GET", "/v2/", stream: stream, isEnd: false)
                    + RawHTTP2.windowUpdate(stream, by: 0)
            case .selfDependencies:
                return RawHTTP2.request("GET", "/v2/", stream: stream, isEnd: false)
                    + RawHTTP2.frame(2, stream: stream, RawHTTP2.number(stream, octets: 4) + [0])
            case .continuation:
                let start = number == 0 ? RawHTTP2.frame(1, flags: 1, stream: 1, [0x82]) : []
                return start + RawHTTP2.frame(9, stream: 1, RawHTTP2.block([("a", "b")]))
            case .emptyContinuation:
                let start = number == 0 ? RawHTTP2.frame(1, flags: 1, stream: 1, [0x82]) : []
                return start + RawHTTP2.frame(9, stream: 1)
            case .emptyHeaders: return RawHTTP2.frame(1, flags: 5, stream: stream)
            case .settings: return RawHTTP2.settings([(4, 65_535), (4, 65_536)])
            case .pings: return RawHTTP2.frame(6, [0, 0, 0, 0, 0, 0, 0, 0])
            case .emptyData:
                let start = number == 0 ? RawHTTP2.request("POST", "/v2/", stream: 1, isEnd: false) : []
                return start + RawHTTP2.frame(0, stream: 1)
            case .priorities: return RawHTTP2.frame(2, stream: stream, [0, 0, 0, 0, 0])
            case .unknownResets: return RawHTTP2.reset(stream)
            // RFC 7541: one entry of 4 KiB, and then an octet for each time that it is meant (CVE-2016-6581).
            case .headerBomb:
                guard number == 0 else { return [] }
                let entry = [0x40] + RawHTTP2.literal("a") + RawHTTP2.literal(String(repeating: "b", count: 4_000))
                return RawHTTP2.frame(
                    1, flags: 5, stream: 1, [0x82, 0x86, 0x84] + entry + [UInt8](repeating: 0xBE, count: 12_000))
            case .badHeaderBlock: return RawHTTP2.frame(1, flags: 5, stream: stream, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
            case .windowOverflow: return RawHTTP2.windowUpdate(0, by: 0x7FFF_FFFF)
            }
        }
    }

    private static let mostRounds = 200_000

    @Test(arguments: Flood.allCases, [true, false])
    func `a flood is ended soon, whether its answers are read or not, and hurts nobody else`(
        flood: Flood, isRead: Bool
    ) async throws {
        try await ReplayStage.run([ReplayStage.ping]) { stage in
            let isClosed = try await RawSocket.use(stage.port, receiveBuffer: isRead ? nil : 4_096) { socket in
                socket.send(RawHTTP2.opening)
                for start in stride(from: 0, to: Self.mostRounds, by: 500) {
                    let octets = (start..<start + 500).flatMap(flood.round)
                    if octets.isEmpty || !socket.send(octets) { break }
                }
                return !socket.hear().isOpen
            }
            #expect(isClosed, "\(flood) left the connection open")
            #expect(try await stage.servesNextClient())
        }
    }

    @Test func `a stream that is opened and reset in one breath is not answered`() async throws {
        try await ReplayStage.run([ReplayStage.ping]) { stage in
            let (heard, _) = try await RawSocket.use(stage.port) { socket in
                let inOneBreath = RawHTTP2.get("/v2/", stream: 1) + RawHTTP2.reset(1)
                socket.send(RawHTTP2.opening + inOneBreath + RawHTTP2.get("/v2/", stream: 3))
                return socket.hear(streams: [3])
            }
            #expect(heard.answers[1] == nil)
            #expect(heard.answers[3]?.statuses == [200])
        }
    }

    @Test func `header blocks with anything turned in them trap nobody`() async throws {
        var generator = SeededGenerator(seed: 0x4833)
        let good = RawHTTP2.block([
            (":method", "GET"), (":scheme", "http"), (":path", "/v2/"), (":authority", "x"),
            ("accept", "application/vnd.oci.image.manifest.v1+json"), ("user-agent", "containerd/2.1.0"),
        ])
        // Indexed, literal with and without indexing, a new table size, and Huffman coded.
        let others: [[UInt8]] = [
            [0x82, 0x86, 0x84, 0x41, 0x01, 0x78], [0x3F, 0xE1, 0x1F, 0x82, 0x86, 0x84, 0x01, 0x01, 0x78],
            [0x82, 0x86, 0x84, 0x41, 0x8C, 0xF1, 0xE3, 0xC2, 0xE5, 0xF2, 0x3A, 0x6B, 0xA0, 0xAB, 0x90, 0xF4, 0xFF],
        ]
        var blocks: [[UInt8]] = []
        for number in 0..<600 {
            var block = number % 2 == 0 ? good : others[number / 2 % others.count]
            for _ in 0...Int.random(in: 0..<4, using: &generator) {
                let place = Int.random(in: 0..<block.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: block[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                case 1: block[place] = UInt8.random(in: .min ... .max, using: &generator)
                case 2: block.insert(UInt8.random(in: .min ... .max, using: &generator), at: place)
                default: if block.count > 1 { block.remove(at: place) }
                }
            }
            blocks.append(block)
        }
        try await ReplayStage.run([ReplayStage.ping]) { [blocks] stage in
            let port = stage.port
            let kept = try await RawSocket.onThread {
                try blocks.filter { block in
                    let socket = try RawSocket(port: port)
                    socket.send(RawHTTP2.opening + RawHTTP2.frame(1, flags: 5, stream: 1, block))
                    socket.finish()
                    return socket.hear().isOpen
                }
            }
            #expect(kept.isEmpty)
            #expect(try await stage.servesNextClient())
        }
    }

    @Test func `frames of every unknown type are passed over, whatever their flags and streams`() async throws {
        try await ReplayStage.run([ReplayStage.ping]) { stage in
            let (heard, isOpen) = try await RawSocket.use(stage.port) { socket in
                socket.send(RawHTTP2.opening + RawHTTP2.request("GET", "/v2/", stream: 1, isEnd: false))
                var heard: [UInt8] = []
                // Those of RFC 7838 and RFC 8336, 10 and 12, have a test of their own below.
                for type in UInt8(13) ... .max {
                    for flags in UInt8.min ... .max {
                        socket.send(
                            [0, 1, 5].flatMap { RawHTTP2.frame(type, flags: flags, stream: $0, [0xFF, type]) })
                    }
                    // No further ahead of a busy machine than it takes in the time that is waited for an answer.
                    guard type % 4 == 0 else { continue }
                    socket.send(RawHTTP2.frame(6, [0, 0, 0, 0, 0, 0, 0, type]))
                    heard += socket.hear { HTTP2Heard($0).frames.contains { $0.type == 6 } }.octets
                }
                socket.send(RawHTTP2.frame(0, flags: 1, stream: 1) + RawHTTP2.get("/v2/", stream: 3))
                let rest = socket.hear { HTTP2Heard(heard + $0).areOver([1, 3]) }
                return (HTTP2Heard(heard + rest.octets), rest.isOpen)
            }
            #expect(isOpen && heard.goAwayCode == nil)
            #expect(heard.answers[1]?.statuses == [200] && heard.answers[3]?.text == "{}")
        }
    }

    @Test(arguments: UInt8(0)...12)
    func `frames of every known type with all flags in every state leave the server standing`(
        type: UInt8
    ) async throws {
        try await ReplayStage.run([ReplayStage.ping]) { stage in
            let port = stage.port
            let kept = try await RawSocket.onThread {
                var kept: [String] = []
                for flags in UInt8.min ... .max {
                    // The connection; open; closed; half-closed by us; idle, of either side.
                    for stream in [0, 1, 3, 5, 9, 2] {
                        let socket = try RawSocket(port: port)
                        let count = [0, 1, 4, 5, 6, 8][(Int(flags) + stream) % 6]
                        socket.send(
                            RawHTTP2.opening + RawHTTP2.request("GET", "/v2/", stream: 1, isEnd: false)
                                + RawHTTP2.get("/v2/", stream: 3) + RawHTTP2.reset(3) + RawHTTP2.get("/v2/", stream: 5)
                                + RawHTTP2.frame(
                                    type, flags: flags, stream: stream, [UInt8](repeating: flags, count: count))
                                + RawHTTP2.get("/v2/", stream: 7))
                        socket.finish()
                        if socket.hear().isOpen { kept.append("flags \(flags), stream \(stream)") }
                    }
                }
                return kept
            }
            #expect(kept.isEmpty)
            #expect(try await stage.servesNextClient())
        }
    }
}
