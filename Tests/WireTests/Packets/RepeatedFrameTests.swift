import TapeModel
import Testing
import Wire

/// A packet that a capture of all devices holds twice counts once.
struct RepeatedFrameTests {
    /// How a packet passed, as a cooked header says it.
    private struct Passage {
        var interface: UInt32 = 2
        var kind: UInt8 = 0
        var isLoopback = false

        static let incoming: UInt8 = 0
        static let outgoing: UInt8 = 4

        func frame(_ link: LinkType, _ packet: [UInt8]) -> [UInt8] {
            let hardware: [UInt8] = isLoopback ? [3, 4] : [0, 1]
            let address: [UInt8] = [0, 6] + Array(repeating: 0, count: 8)
            switch link {
            case .linuxCooked: return [0, kind] + hardware + address + [8, 0] + packet
            default:
                return [8, 0, 0, 0] + PacketBuilder.big(interface) + hardware + [kind] + address.dropFirst() + packet
            }
        }
    }

    /// What is counted of a request in one segment, each of whose packets passes as given, one microsecond apart.
    private func counts(
        _ link: LinkType, _ passages: [Passage], between: Int64 = 1, last: [UInt8]? = nil
    ) throws -> PacketCounts.Direction {
        let sink = EndSink()
        var capture = PassiveCapture()
        var now: Int64 = 1_000_000
        let request = Array("GET / HTTP/1.1\r\nHost: r.test\r\n\r\n".utf8)
        let segments = [
            PacketBuilder.tcp(from: 40_000, to: 80, seq: 7, flags: .syn),
            PacketBuilder.tcp(from: 40_000, to: 80, seq: 8, ack: 1, flags: .ack, request),
        ]
        for segment in segments {
            for (index, passage) in passages.enumerated() {
                var packet = PacketBuilder.ipv4(segment)
                // A router takes one hop off and makes sums anew.
                packet[8] -= UInt8(index)
                packet[10] = UInt8(index)
                if index > 0, let last { packet.replaceSubrange((packet.count - last.count)..., with: last) }
                let frame = passage.frame(link, packet)
                capture.receive(
                    frame.span, link: link.rawValue, originalLength: frame.count, at: Instant(microseconds: now),
                    to: sink)
                now += between
            }
        }
        capture.finish(at: Instant(microseconds: now), to: sink)
        #expect(sink.ends.count == 1)
        return try #require(sink.ends.first?.packets).client
    }

    @Test(arguments: [LinkType.linuxCooked, .linuxCooked2])
    func `what goes out over loopback and comes in again counts when it comes in`(link: LinkType) throws {
        let out = Passage(interface: 1, kind: Passage.outgoing, isLoopback: true)
        let back = Passage(interface: 1, kind: Passage.incoming, isLoopback: true)
        #expect(try counts(link, [out, back]) == PacketCounts.Direction(segments: 1))
        // Seen once only, it counts as well: a network card's outgoing packet never comes back.
        #expect(try counts(link, [Passage(kind: Passage.outgoing)]) == PacketCounts.Direction(segments: 1))
    }

    @Test func `a packet that passes a bridge and its port counts once`() throws {
        let port = Passage(interface: 7)
        let bridge = Passage(interface: 5)
        let card = Passage(interface: 2, kind: Passage.outgoing)
        #expect(try counts(.linuxCooked2, [port, bridge, card]) == PacketCounts.Direction(segments: 1))
    }

    @Test func `what a sender repeats is a repetition`() throws {
        let same = Passage(interface: 7)
        #expect(try counts(.linuxCooked2, [same, same]).retransmitted == 1)
        // Long after it cannot be the same packet, wherever it passes.
        let other = Passage(interface: 5)
        #expect(try counts(.linuxCooked2, [same, other], between: 300_000).retransmitted == 1)
    }

    @Test func `a copy with other octets is no copy`() throws {
        let passages = [Passage(interface: 7), Passage(interface: 5)]
        #expect(try counts(.linuxCooked2, passages, last: [0x0A, 0x0B]).retransmitted == 1)
    }

    @Test func `frames of nothing but a beginning are no trouble`() {
        let sink = EndSink()
        var capture = PassiveCapture()
        let whole = Passage().frame(.linuxCooked2, PacketBuilder.ipv4(LinkPacketTests.segment))
        for link in [LinkType.linuxCooked, .linuxCooked2] {
            for length in 0...whole.count {
                let frame = Array(whole.prefix(length))
                capture.receive(
                    frame.span, link: link.rawValue, originalLength: whole.count, at: Instant(microseconds: 1), to: sink
                )
            }
        }
        capture.finish(at: Instant(microseconds: 2), to: sink)
        #expect(sink.ends.count <= 1)
    }
}

/// Keeps how connections ended.
private final class EndSink: TapeSink {
    var ends: [ConnectionEnd] = []

    func connectionOpened(_ connection: Connection) {}
    func record(_ events: [ExchangeEvent], of connection: ConnectionID, bytes: Span<UInt8>, at now: Instant) {}
    func connectionClosed(_ end: ConnectionEnd) { ends.append(end) }
    func gap(_ gap: Gap) {}
    func tick(at now: Instant) {}
}
