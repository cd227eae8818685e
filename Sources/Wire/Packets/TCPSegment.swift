/// The header of a segment and where its octets are (RFC 9293 §3.1).
struct TCPSegment {
    let sourcePort: UInt16
    let destinationPort: UInt16
    let sequence: UInt32
    let acknowledgement: UInt32
    private let flags: UInt8
    let window: UInt16
    let urgentPointer: UInt16
    /// How far windows of the sender are to be shifted (RFC 7323 §2.2), where the segment says it.
    let windowScale: UInt8?
    /// What was kept of the segment's octets.
    private(set) var payload: Range<Int>
    /// Octets behind `payload` that the snap length cut off.
    private(set) var missing: Int

    var isFIN: Bool { flags & 0x01 != 0 }
    var isSYN: Bool { flags & 0x02 != 0 }
    var isRST: Bool { flags & 0x04 != 0 }
    var isACK: Bool { flags & 0x10 != 0 }
    var isURG: Bool { flags & 0x20 != 0 }
    /// Octets of the stream that the segment stands for, kept or not.
    var length: Int { payload.count + missing }
    /// The sequence number of its first octet: SYN comes before it and counts as one.
    var firstOctet: UInt32 { isSYN ? sequence &+ 1 : sequence }

    /// The header alone, where the octets are not at hand any more.
    var withoutOctets: TCPSegment {
        var segment = self
        segment.payload = 0..<0
        segment.missing = 0
        return segment
    }

    /// Nothing where the fixed part of the header is not whole, or where it says that it is longer than its packet.
    init?(_ octets: Span<UInt8>, _ packet: Range<Int>, missing cut: Int) {
        let start = packet.lowerBound
        guard packet.count >= 20 else { return nil }
        let header = Int(octets[start + 12] >> 4) * 4
        guard header >= 20, header <= packet.count + cut else { return nil }
        sourcePort = UInt16(octets.octetPair(start))
        destinationPort = UInt16(octets.octetPair(start + 2))
        sequence = octets.octetQuad(start + 4)
        acknowledgement = octets.octetQuad(start + 8)
        flags = octets[start + 13]
        window = UInt16(octets.octetPair(start + 14))
        urgentPointer = UInt16(octets.octetPair(start + 18))
        let optionsEnd = min(start + header, packet.upperBound)
        payload = optionsEnd..<packet.upperBound
        missing = cut - max(0, start + header - packet.upperBound)
        // Only a SYN may carry the scale; elsewhere it would be a waste of time to look.
        windowScale = flags & 0x02 != 0 ? Self.scale(octets, start + 20..<optionsEnd) : nil
    }

    private static func scale(_ octets: Span<UInt8>, _ options: Range<Int>) -> UInt8? {
        var place = options.lowerBound
        while place < options.upperBound {
            switch octets[place] {
            case 0: return nil
            case 1: place += 1
            case let kind:
                guard place + 1 < options.upperBound else { return nil }
                let length = Int(octets[place + 1])
                guard length >= 2, place + length <= options.upperBound else { return nil }
                // More than 14 is to be read as 14 (RFC 7323 §2.3).
                if kind == 3, length == 3 { return min(octets[place + 2], 14) }
                place += length
            }
        }
        return nil
    }
}
