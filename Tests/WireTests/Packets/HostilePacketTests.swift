import TapeModel
import TestSupport
import Testing
import Wire

/// Captures that are broken or malicious: nothing traps, nothing grows, and what is told keeps to its rules.
struct HostilePacketTests {
    @Test(arguments: LinkType.allCases) func `random octets`(link: LinkType) {
        var generator = SeededGenerator(seed: UInt64(link.rawValue))
        var script = CaptureScript()
        for _ in 0..<5_000 {
            script.now += 1
            var frame = (0..<Int.random(in: 0..<120, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            // Headers that lead further than chance does.
            if Bool.random(using: &generator) { frame = PacketBuilder.frame(link, [0x45, 0] + frame) }
            script.take(frame, link, original: Int.random(in: 0..<200, using: &generator))
        }
        script.finish()
        #expect(FlowRules.violation(script.events) == nil)
    }

    @Test(arguments: LinkType.allCases) func `every truncation of a frame`(link: LinkType) {
        let segment = PacketBuilder.tcp(from: 40_000, to: 80, seq: 7, flags: [.syn, .ack], scale: 7, [1, 2, 3])
        let header: [UInt8] = [60, 0, 1, 4, 0, 0, 0, 0, 44, 0, 1, 4, 0, 0, 0, 0, 6, 0, 0, 1, 0, 0, 0, 9]
        for packet in [
            PacketBuilder.ipv4(segment, options: [1, 1, 1, 0]), PacketBuilder.ipv6(header + segment, next: 0),
            PacketBuilder.ipv4(segment, position: 0x2000),
        ] {
            let frame = PacketBuilder.frame(link, packet)
            var script = CaptureScript()
            for count in 0...frame.count {
                script.take(Array(frame.prefix(count)), link, original: frame.count)
                script.take(Array(frame.prefix(count)), link)
            }
            script.finish()
            #expect(FlowRules.violation(script.events) == nil)
        }
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func `damaged captures`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var limits = ReassemblyLimits()
        limits.flows = 4
        limits.heldPerStream = 2_000
        limits.heldInAll = 5_000
        var script = CaptureScript(limits)
        var sent: [Side: UInt32] = [.client: 1, .server: 1]
        for step in 0..<150 {
            let side = Bool.random(using: &generator) ? Side.client : .server
            script.clientPort = 40_000 + UInt16(step % 3)
            let count = UInt32.random(in: 0...50, using: &generator)
            var flags = SegmentFlags.ack
            switch Int.random(in: 0..<30, using: &generator) {
            case 0: flags = .syn
            case 1: flags = [.syn, .ack]
            case 2: flags = [.fin, .ack]
            case 3: flags = .rst
            default: break
            }
            var frame = script.packet(
                side, flags, seq: sent[side] ?? 0, ack: sent[side.opposite] ?? 0,
                [UInt8](repeating: UInt8(step), count: Int(count)))
            sent[side, default: 0] += count
            for index in frame.indices where Int.random(in: 0..<50, using: &generator) == 0 {
                // Two in a hundred octets, but seldom the addresses: another flow is no test of this one.
                if !(12..<20).contains(index) || Bool.random(using: &generator) {
                    frame[index] = .random(in: 0...255, using: &generator)
                }
            }
            script.now += Int64.random(in: -500...60_000, using: &generator)
            script.take(frame)
            #expect(script.reassembler.heldOctets <= limits.heldInAll)
            #expect(script.reassembler.flows <= limits.flows)
        }
        script.finish()
        #expect(FlowRules.violation(script.events) == nil, "seed \(seed)")
    }

    @Test func `a flood of SYNs pushes out no flow that is at work`() {
        var limits = ReassemblyLimits()
        limits.flows = 1_000
        var script = CaptureScript(limits)
        script.handshake()
        script.send(.client, seq: 1, "ab")
        var told = 0
        for number in 0..<30_000 as Range<UInt32> {
            let segment = PacketBuilder.tcp(from: UInt16(truncatingIfNeeded: number), to: 443, seq: number, flags: .syn)
            script.take(PacketBuilder.ipv4(from: PacketBuilder.big(0x0B00_0000 + number), segment))
            told += script.events.count
            script.events.removeAll(keepingCapacity: true)
        }
        #expect(script.reassembler.flows == 1_000)
        #expect(told > 57_000)
        script.send(.client, seq: 3, "cd")
        #expect(script.text(.client) == "abcd")
    }

    @Test(arguments: ["backward", "every other", "at random"])
    func `64 thousand segments of one octet out of order`(order: String) {
        var script = CaptureScript()
        script.handshake()
        let count = 65_536
        var places = Array(1...count)
        switch order {
        case "backward": places.reverse()
        case "every other": places = places.filter { $0.isMultiple(of: 2) } + places.filter { !$0.isMultiple(of: 2) }
        default:
            var generator = SeededGenerator(seed: 1)
            places.shuffle(using: &generator)
        }
        for place in places { script.take(script.packet(.client, seq: UInt32(place), [UInt8(place & 0xFF)])) }
        #expect(script.streams[1]?[.client] == (1...count).map { UInt8($0 & 0xFF) })
        #expect(script.reassembler.heldOctets == 0)
    }
}
