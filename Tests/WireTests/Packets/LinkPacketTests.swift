import TapeModel
import Testing
import Wire

/// From frames of every kind to the octets of a segment.
struct LinkPacketTests {
    static let segment = PacketBuilder.tcp(from: 40_000, to: 80, seq: 7, flags: .ack, Array("hello".utf8))

    /// What is told of one frame, with the place of its octets resolved.
    static func octets(_ frame: [UInt8], _ link: LinkType, original: Int? = nil) -> String? {
        var script = CaptureScript()
        script.take(frame, link, original: original)
        return script.streams[1].map { _ in script.text(.client) }
    }

    @Test(arguments: LinkType.allCases) func `either version of IP in a frame of each kind`(link: LinkType) {
        #expect(Self.octets(PacketBuilder.frame(link, PacketBuilder.ipv4(Self.segment)), link) == "hello")
        #expect(Self.octets(PacketBuilder.frame(link, PacketBuilder.ipv6(Self.segment)), link) == "hello")
    }

    @Test func `one and two VLAN tags`() {
        let packet = PacketBuilder.ipv4(Self.segment)
        let addresses = [UInt8](repeating: 2, count: 12)
        #expect(Self.octets(addresses + [0x81, 0, 0, 5, 8, 0] + packet, .ethernet) == "hello")
        #expect(Self.octets(addresses + [0x88, 0xA8, 0, 5, 0x81, 0, 0, 6, 8, 0] + packet, .ethernet) == "hello")
        #expect(
            Self.octets(
                [0, 0, 0, 1, 0, 6] + [UInt8](repeating: 0, count: 8) + [0x81, 0, 0, 5, 8, 0] + packet, .linuxCooked)
                == "hello")
        let cooked2: [UInt8] = [0x81, 0] + [UInt8](repeating: 0, count: 18) + [0, 5, 8, 0]
        #expect(Self.octets(cooked2 + packet, .linuxCooked2) == "hello")
    }

    @Test func `families in either byte order, and others`() {
        let packet = PacketBuilder.ipv4(Self.segment)
        #expect(Self.octets([0, 0, 0, 2] + packet, .null) == "hello")
        #expect(Self.octets([2, 0, 0, 0] + packet, .loopback) == "hello")
        #expect(Self.octets([7, 0, 0, 0] + packet, .null) == nil)
        #expect(Self.octets([2, 0, 1, 0] + packet, .null) == nil)
    }

    @Test func `the length of an IPv4 packet, and lies about it`() {
        let padded = PacketBuilder.ipv4(Self.segment) + [0, 0, 0, 0, 0, 0]
        #expect(Self.octets(padded, .rawIP) == "hello")
        #expect(Self.octets(PacketBuilder.ipv4(Self.segment, total: 0), .rawIP) == "hello")
        #expect(Self.octets(PacketBuilder.ipv4(Self.segment, total: 60_000), .rawIP) == "hello")
        #expect(Self.octets(PacketBuilder.ipv4(Self.segment, total: 19), .rawIP) == nil)
        #expect(Self.octets(PacketBuilder.ipv4(Self.segment, options: [1, 1, 1, 1, 7, 3, 4, 0]), .rawIP) == "hello")
        var short = PacketBuilder.ipv4(Self.segment)
        short[0] = 0x44
        #expect(Self.octets(short, .rawIP) == nil)
        short[0] = 0x4F
        #expect(Self.octets(short, .rawIP) == nil)
    }

    @Test func `a data offset that lies`() {
        for offset: UInt8 in [0x00, 0x40, 0xF0] {
            var segment = Self.segment
            segment[12] = offset
            #expect(Self.octets(PacketBuilder.ipv4(segment), .rawIP) == nil)
        }
    }

    @Test func `extension headers of IPv6`() {
        let options: [UInt8] = [60, 0, 1, 4, 0, 0, 0, 0]
        let destination: [UInt8] = [43, 1] + [UInt8](repeating: 0, count: 14)
        let routing: [UInt8] = [51, 0, 0, 0, 0, 0, 0, 0]
        let authentication: [UInt8] = [6, 4] + [UInt8](repeating: 0, count: 22)
        let payload = options + destination + routing + authentication + Self.segment
        #expect(Self.octets(PacketBuilder.ipv6(payload, next: 0), .rawIP) == "hello")
        #expect(Self.octets(PacketBuilder.ipv6(payload, next: 0, length: 0), .rawIP) == "hello")
        // A fragment of itself alone.
        #expect(Self.octets(PacketBuilder.ipv6([6, 0, 0, 0, 0, 0, 0, 9] + Self.segment, next: 44), .rawIP) == "hello")
        let endless = (0..<100).flatMap { _ in [0, 0, 1, 4, 0, 0, 0, 0] as [UInt8] }
        #expect(Self.octets(PacketBuilder.ipv6(endless, next: 0), .rawIP) == nil)
    }

    @Test func `addresses as RFC 5952 writes them`() {
        var script = CaptureScript()
        script.take(PacketBuilder.ipv6(Self.segment), .rawIP)
        let mapped: [UInt8] = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 192, 0, 2, 1]
        let zeros: [UInt8] = [0x20, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]
        script.take(PacketBuilder.ipv6(from: mapped, to: zeros, Self.segment), .rawIP)
        script.take(PacketBuilder.ipv6(from: [UInt8](repeating: 0, count: 16), to: zeros, Self.segment), .rawIP)
        #expect(
            script.transcript.split(separator: "\n").filter { $0.contains("opened") } == [
                "1 opened [2001:db8::1]:40000 > [2001:db8::2]:80",
                "2 opened 192.0.2.1:40000 > [2001:0:0:1::1]:80",
                "3 opened [::]:40000 > [2001:0:0:1::1]:80",
            ])
    }

    @Test func `what the snap length cut off is a gap`() {
        var script = CaptureScript()
        script.handshake()
        let whole = script.packet(.client, seq: 1, Array("abcdefgh".utf8))
        script.take(Array(whole.dropLast(3)), original: whole.count)
        script.take(Array(script.packet(.client, seq: 9, Array("ijk".utf8)).dropLast(3)), original: whole.count - 5)
        script.send(.client, seq: 16, "xy")
        let late = script.packet(.client, seq: 12, Array("lmno".utf8))
        script.take(Array(late.dropLast(2)), original: late.count)
        #expect(script.text(.client) == "abcde??????lm??xy")
        script.finish()
        #expect(script.ends.first?.packets.client.missing == 8)
    }

    @Test func `a frame that is cut within its headers`() {
        let packet = PacketBuilder.ipv4(Self.segment)
        for count in 0..<40 { #expect(Self.octets(Array(packet.prefix(count)), .rawIP, original: packet.count) == nil) }
        #expect(Self.octets(Array(packet.prefix(40)), .rawIP, original: packet.count) == "?????")
    }

    @Test func `what is no TCP is counted`() {
        var script = CaptureScript()
        script.take(PacketBuilder.frame(.ethernet, PacketBuilder.ipv4([1, 2, 3], transport: 17)), .ethernet)
        script.take([UInt8](repeating: 0, count: 12) + [8, 6, 1, 1], .ethernet)
        script.take([0x45], .rawIP)
        #expect(script.reassembler.ignored.notTCP == 1)
        #expect(script.reassembler.ignored.notInternet == 1)
        #expect(script.reassembler.ignored.malformed == 1)
        #expect(script.events.isEmpty)
    }
}
