import TapeModel
import TestSupport
import Testing
import Wire

/// Datagrams that arrive in pieces.
struct FragmentPacketTests {
    private static let text = String(repeating: "0123456789abcdef", count: 8)
    private static let segment = PacketBuilder.tcp(from: 40_000, to: 80, seq: 7, flags: .ack, Array(text.utf8))

    /// The segment cut at these places, which are multiples of eight.
    private static func version4(_ cuts: [Int], id: UInt16 = 3) -> [[UInt8]] {
        zip([0] + cuts, cuts + [segment.count]).map { start, end in
            let more: UInt16 = end < segment.count ? 0x2000 : 0
            return PacketBuilder.ipv4(Array(segment[start..<end]), id: id, position: more | UInt16(start / 8))
        }
    }

    private static func version6(_ cuts: [Int]) -> [[UInt8]] {
        zip([0] + cuts, cuts + [segment.count]).map { start, end in
            let position = UInt16(start) | (end < segment.count ? 1 : 0)
            let header: [UInt8] = [6, 0] + PacketBuilder.big(position) + [0, 0, 0, 3]
            return PacketBuilder.ipv6(header + segment[start..<end], next: 44)
        }
    }

    @Test(arguments: 0..<50 as Range<UInt64>) func `fragments of both versions in any order, some twice`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let cuts = (1..<18).map { $0 * 8 }.filter { _ in Bool.random(using: &generator) }
        for fragments in [Self.version4(cuts), Self.version6(cuts)] {
            var script = CaptureScript()
            let again = fragments.dropLast().filter { _ in Bool.random(using: &generator) }
            var all = fragments + again
            // What is repeated after the datagram is whole begins another, so that the last piece comes last.
            all.shuffle(using: &generator)
            if let last = fragments.last {
                all.removeAll { $0 == last }
                all.append(last)
            }
            for fragment in all { script.take(fragment) }
            #expect(script.text(.client) == Self.text, "seed \(seed)")
        }
    }

    @Test func `overlapping fragments end their datagram`() {
        var script = CaptureScript()
        let whole = Self.version4([64])
        let other = Self.version4([56])
        for fragment in [whole[0], other[1], whole[1]] { script.take(fragment) }
        #expect(script.events.isEmpty)
        #expect(script.reassembler.ignored.overlappingFragments == 1)
    }

    @Test func `datagrams wait for so long, and so many`() {
        var limits = ReassemblyLimits()
        limits.fragmentedDatagrams = 4
        var script = CaptureScript(limits)
        let fragments = Self.version4([64])
        script.take(fragments[0])
        script.now += limits.fragmentWait + 1
        script.take(fragments[1])
        #expect(script.events.isEmpty)
        #expect(script.reassembler.ignored.unfinishedDatagrams == 1)
        for id in 10..<20 as Range<UInt16> { script.take(Self.version4([64], id: id)[0]) }
        #expect(script.reassembler.ignored.unfinishedDatagrams == 8)
        script.finish()
        #expect(script.reassembler.ignored.unfinishedDatagrams == 12)
    }

    @Test func `octets of fragments are bounded`() {
        var limits = ReassemblyLimits()
        limits.fragmentOctets = 100
        var script = CaptureScript(limits)
        for id in 10..<20 as Range<UInt16> { script.take(Self.version4([64], id: id)[0]) }
        #expect(script.reassembler.ignored.unfinishedDatagrams == 9)
    }

    @Test func `fragments that cannot be`() {
        var script = CaptureScript()
        // Not the last, and no multiple of eight; and one that ends beyond the longest datagram.
        script.take(PacketBuilder.ipv4([1, 2, 3], position: 0x2000))
        script.take(PacketBuilder.ipv4([UInt8](repeating: 1, count: 64), position: 0x1FFF))
        #expect(script.reassembler.ignored.malformed == 2)
    }
}
