import TapeModel
import TestSupport
import Testing
import Wire

/// Two streams of random octets, sent in random segments that are mixed, repeated and lost.
struct RandomPacketTests {
    /// A segment of either side: its place in the stream and its octets.
    private struct Piece {
        let side: Side
        let start: Int
        let octets: [UInt8]
        let isLast: Bool
    }

    private static func stream(_ generator: inout SeededGenerator) -> [UInt8] {
        (0..<Int.random(in: 1...3_000, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    private static func pieces(
        _ side: Side, _ octets: [UInt8], _ generator: inout SeededGenerator
    ) -> [Piece] {
        octets.split(upTo: 200, using: &generator).map {
            Piece(side: side, start: $0.startIndex, octets: Array($0), isLast: $0.endIndex == octets.count)
        }
    }

    private static func script(_ generator: inout SeededGenerator) -> CaptureScript {
        var script = CaptureScript()
        // Near the wrap as often as not.
        script.clientISN = Bool.random(using: &generator) ? .random(in: 0 ... .max, using: &generator) : .max - 1_000
        script.serverISN = .random(in: 0 ... .max, using: &generator)
        script.handshake()
        return script
    }

    private static func send(_ piece: Piece, _ script: inout CaptureScript) {
        script.now += 10
        script.take(
            script.packet(
                piece.side, piece.isLast ? [.fin, .ack] : .ack, seq: UInt32(1 + piece.start), ack: 1, piece.octets))
    }

    @Test(arguments: 0..<300 as Range<UInt64>) func `mixed and repeated gives the streams back`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let streams = [Side.client: Self.stream(&generator), .server: Self.stream(&generator)]
        var pieces: [Piece] = []
        for side in Side.allCases {
            let octets = streams[side] ?? []
            pieces += Self.pieces(side, octets, &generator)
            // Cut otherwise the second time, as a sender does that joins small segments.
            pieces += Self.pieces(side, octets, &generator).filter { _ in Int.random(in: 0..<3, using: &generator) == 0
            }
        }
        if !seed.isMultiple(of: 3) {
            pieces.shuffle(using: &generator)
        }
        var script = Self.script(&generator)
        for piece in pieces { Self.send(piece, &script) }
        script.finish()
        for side in Side.allCases {
            #expect(script.streams[1]?[side].map { $0.map { $0 ?? 0 } } == streams[side], "seed \(seed)")
        }
        #expect(script.ends.map(\.reason) == [.finished])
        #expect(!script.anomalies.contains { $0.code == "ambiguous-overlap" || $0.code == "octets-after-end" })
        #expect(script.reassembler.heldOctets == 0)
        #expect(FlowRules.violation(script.events) == nil, "seed \(seed)")
    }

    @Test(arguments: 0..<300 as Range<UInt64>) func `losses become gaps of the right length`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let octets = Self.stream(&generator)
        var expected: [UInt8?] = octets
        var script = Self.script(&generator)
        let pieces = Self.pieces(.client, octets, &generator)
        var missing = 0
        for piece in pieces {
            if Int.random(in: 0..<4, using: &generator) == 0, !piece.isLast {
                for index in piece.octets.indices { expected[piece.start + index] = nil }
                missing += piece.octets.count
            } else {
                Self.send(piece, &script)
            }
            if Int.random(in: 0..<4, using: &generator) == 0 {
                script.send(.server, seq: 1, ack: UInt32(1 + piece.start + piece.octets.count))
            }
        }
        script.finish()
        #expect(script.streams[1]?[.client] == expected, "seed \(seed)")
        #expect(script.ends.first?.packets.client.missing == Int64(missing), "seed \(seed)")
        #expect(FlowRules.violation(script.events) == nil, "seed \(seed)")
    }

    /// The overlap table of RELIABILITY I7: every way in which two segments can lie on each other, with the second of
    /// them early, in order or late, and with another content where they overlap.
    @Test func `every overlap with another content is told with both versions`() {
        var cases = 0
        let prefix = 4
        for firstStart in 0..<7 {
            for firstLength in 1...4 {
                for secondStart in 0..<8 {
                    for secondLength in 1...5 {
                        let first = firstStart..<firstStart + firstLength
                        let overlap = first.clamped(to: secondStart..<secondStart + secondLength)
                        guard !overlap.isEmpty else { continue }
                        cases += 1
                        var script = CaptureScript()
                        script.handshake()
                        script.send(.client, seq: 1, String(repeating: "-", count: prefix))
                        let base = UInt32(1 + prefix)
                        script.send(
                            .client, seq: base + UInt32(firstStart), String(repeating: "A", count: firstLength))
                        script.send(
                            .client, seq: base + UInt32(secondStart), String(repeating: "B", count: secondLength))
                        script.finish()
                        let told = script.anomalies.filter { $0.code == "ambiguous-overlap" }
                        let raw =
                            Array(repeating: UInt8(ascii: "A"), count: overlap.count)
                            + Array(repeating: UInt8(ascii: "B"), count: overlap.count)
                        #expect(told.map(\.raw) == [raw], "\(first) and \(secondStart)+\(secondLength)")
                        // The first version of every octet is the one that is told.
                        let end = max(first.upperBound, secondStart + secondLength)
                        let stream = (0..<end).map {
                            first.contains($0) ? "A" : $0 >= secondStart && $0 < secondStart + secondLength ? "B" : "?"
                        }
                        #expect(script.text(.client) == String(repeating: "-", count: prefix) + stream.joined())
                    }
                }
            }
        }
        #expect(cases > 100)
    }
}
