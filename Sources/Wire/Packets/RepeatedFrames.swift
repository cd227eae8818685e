import TapeModel

/// Tells frames that a capture of all devices at once holds twice.
///
/// Such a capture is of a cooked kind, which says how each packet passed. What goes over loopback goes out and comes in
/// again: what comes in counts, as libpcap has it where it captures. And a packet passes several interfaces, those of a
/// container, its bridge and its host: there the second cooked form says which, and the first counts. A repetition by
/// the sender is another matter: it passes the same interface again, and is told as one.
///
/// Addresses that a router translates make another connection of the same packets; which belongs to which nobody can say.
struct RepeatedFrames: Sendable {
    private struct Sighting: Sendable {
        var mark: UInt64 = 0
        var interface: UInt32 = 0
        var at = Instant(microseconds: .min)
    }

    /// Places for packets seen of late: thousands pass in the time that one takes from interface to interface.
    private static let places = 4_096
    /// Microseconds between the interfaces of one machine; a sender waits longer before it repeats (RFC 6298 §2.4).
    private static let passage: Int64 = 100_000
    private static let loopback = 772
    private static let outgoing: UInt8 = 4

    private var sightings: [Sighting] = []

    /// Whether the packet of this frame was counted before, or will be.
    mutating func isRepeated(
        _ frame: Span<UInt8>, _ link: LinkType, originalLength: Int, at now: Instant
    ) -> Bool {
        switch link {
        case .linuxCooked:
            return frame.count >= 16 && frame[1] == Self.outgoing && frame.octetPair(2) == Self.loopback
        case .linuxCooked2:
            guard frame.count >= 20 else { return false }
            if frame[10] == Self.outgoing, frame.octetPair(8) == Self.loopback { return true }
            return hasPassed(frame, link, interface: frame.octetQuad(4), originalLength, now)
        default: return false
        }
    }

    private mutating func hasPassed(
        _ frame: Span<UInt8>, _ link: LinkType, interface: UInt32, _ originalLength: Int, _ now: Instant
    ) -> Bool {
        guard let start = LinkHeader.networkStart(frame, link),
            case .packet(let packet) = InternetPacket.read(frame, at: start, originalLength: originalLength),
            packet.transport == 6, packet.fragment == nil, packet.payload.count >= 20
        else { return false }
        let mark = Self.mark(frame, packet, start)
        if sightings.isEmpty { sightings = Array(repeating: Sighting(), count: Self.places) }
        let place = Int(mark % UInt64(Self.places))
        let known = sightings[place]
        if known.mark == mark, known.interface != interface, now.microseconds(since: known.at) < Self.passage {
            return true
        }
        sightings[place] = Sighting(mark: mark, interface: interface, at: now)
        return false
    }

    /// A number of all octets of a packet that stay as they are on the way: not the hop count, and not the checksums,
    /// which are filled in late.
    private static func mark(_ frame: Span<UInt8>, _ packet: InternetPacket, _ start: Int) -> UInt64 {
        var mark = packet.source.low ^ packet.destination.low &* Self.factor
        func mix(_ word: UInt64) {
            mark = (mark ^ word) &* Self.factor
            mark ^= mark >> 32
        }
        mix(packet.source.high)
        mix(packet.destination.high)
        mix(packet.isVersion6 ? 0 : UInt64(frame.octetPair(start + 4)))
        let segment = frame.extracting(packet.payload)
        mix(UInt64(segment.octetQuad(0)) << 32 | UInt64(segment.octetQuad(4)))
        mix(UInt64(segment.octetQuad(8)) << 32 | UInt64(segment.octetQuad(12)))
        mix(UInt64(segment.count &+ packet.missing))
        let rest = segment.extracting(18..<segment.count)
        rest.withUnsafeBytes { octets in
            var index = 0
            while index <= octets.count - 8 {
                mix(octets.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                index += 8
            }
            while index < octets.count {
                mix(UInt64(octets[index]))
                index += 1
            }
        }
        return mark
    }

    private static let factor: UInt64 = 0x9E37_79B9_7F4A_7C15
}
