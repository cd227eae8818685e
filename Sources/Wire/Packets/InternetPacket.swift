/// One IPv4 or IPv6 packet of a frame, with headers read as far as its transport (RFC 791, RFC 8200).
///
/// Checksums are not looked at, here nor in TCP: a machine that captures its own packets sees them before its network
/// card puts the sums in, so that on the very machines people capture on, half of all sums are wrong.
struct InternetPacket {
    /// Where a fragment belongs.
    struct Fragment {
        let identification: UInt32
        let offset: Int
        let isLast: Bool
    }

    let source: InternetAddress
    let destination: InternetAddress
    /// The protocol of the payload; of a fragment, that of the whole datagram's payload.
    let transport: UInt8
    let isVersion6: Bool
    /// What was kept of the payload, in the frame.
    let payload: Range<Int>
    /// Octets of the payload that the snap length cut off.
    let missing: Int
    let fragment: Fragment?

    enum Outcome {
        case packet(InternetPacket)
        case notInternet
        case malformed
    }

    /// Reads the packet at `start`; `originalLength` is that of the frame before it was cut.
    static func read(_ frame: Span<UInt8>, at start: Int, originalLength: Int) -> Outcome {
        guard start < frame.count else { return .malformed }
        let original = max(originalLength, frame.count)
        switch frame[start] >> 4 {
        case 4: return version4(frame, start, original)
        case 6: return version6(frame, start, original)
        default: return .notInternet
        }
    }

    private static func version4(_ frame: Span<UInt8>, _ start: Int, _ original: Int) -> Outcome {
        guard start + 20 <= frame.count else { return .malformed }
        let header = Int(frame[start] & 0xF) * 4
        guard header >= 20 else { return .malformed }
        var total = frame.octetPair(start + 2)
        // Segmentation offload hands packets over before their length is known. Longer than the frame is a lie;
        // shorter means padding to the least size of a frame.
        if total == 0 || total > original - start { total = original - start }
        guard total >= header else { return .malformed }
        let position = frame.octetPair(start + 6)
        let offset = (position & 0x1FFF) * 8
        let isLast = position & 0x2000 == 0
        let isFragment = offset > 0 || !isLast
        let begin = min(start + header, frame.count)
        let end = min(start + total, frame.count)
        return .packet(
            InternetPacket(
                source: frame.address4(start + 12), destination: frame.address4(start + 16),
                transport: frame[start + 9], isVersion6: false, payload: begin..<max(begin, end),
                missing: total - header - max(0, end - begin),
                fragment: isFragment
                    ? Fragment(
                        identification: UInt32(frame.octetPair(start + 4)), offset: offset, isLast: isLast) : nil))
    }

    private static func version6(_ frame: Span<UInt8>, _ start: Int, _ original: Int) -> Outcome {
        guard start + 40 <= frame.count else { return .malformed }
        var length = frame.octetPair(start + 4)
        // Nothing stands for a jumbogram (RFC 2675), and for offload as in version 4.
        if length == 0 || length > original - start - 40 { length = original - start - 40 }
        guard length >= 0 else { return .malformed }
        let end = min(start + 40 + length, frame.count)
        var place = start + 40
        var next = frame[start + 6]
        var fragment: Fragment?
        switch ExtensionHeaders.skip(frame, &place, &next, end: end, fragment: &fragment) {
        case .malformed: return .malformed
        case .payload: break
        }
        return .packet(
            InternetPacket(
                source: frame.address6(start + 8), destination: frame.address6(start + 24), transport: next,
                isVersion6: true, payload: place..<max(place, end),
                missing: start + 40 + length - max(place, end), fragment: fragment))
    }
}

/// The headers between that of IPv6 and the transport (RFC 8200 §4).
enum ExtensionHeaders {
    enum Outcome {
        case payload
        case malformed
    }

    /// Moves `place` behind them and sets `next` to what follows; a fragment header ends the walk, since what comes
    /// behind it belongs to the datagram and not to the packet.
    static func skip(
        _ octets: Span<UInt8>, _ place: inout Int, _ next: inout UInt8, end: Int,
        fragment: inout InternetPacket.Fragment?
    ) -> Outcome {
        // Each of the five may come once, options twice (§4.1); more is somebody's joke.
        for _ in 0..<12 {
            let size: Int
            switch next {
            case 0, 43, 60, 135:
                guard place + 8 <= end else { return .malformed }
                size = (Int(octets[place + 1]) + 1) * 8
            case 51:
                // The authentication header counts in words of 4 (RFC 4302 §2.2).
                guard place + 8 <= end else { return .malformed }
                size = (Int(octets[place + 1]) + 2) * 4
            case 44:
                guard place + 8 <= end else { return .malformed }
                let position = octets.octetPair(place + 2)
                let offset = position & 0xFFF8
                let isLast = position & 1 == 0
                next = octets[place]
                place += 8
                // A fragment of itself alone (RFC 6946) is whole.
                if offset == 0, isLast { continue }
                let identification = UInt32(octets.octetPair(place - 4)) << 16 | UInt32(octets.octetPair(place - 2))
                fragment = InternetPacket.Fragment(identification: identification, offset: offset, isLast: isLast)
                return .payload
            default:
                return .payload
            }
            guard place + size <= end else { return .malformed }
            next = octets[place]
            place += size
        }
        return .malformed
    }
}

extension Span<UInt8> {
    /// Two octets in network byte order; the caller has seen that they are there.
    func octetPair(_ index: Int) -> Int { Int(self[index]) << 8 | Int(self[index + 1]) }

    func octetQuad(_ index: Int) -> UInt32 {
        UInt32(self[index]) << 24 | UInt32(self[index + 1]) << 16 | UInt32(self[index + 2]) << 8
            | UInt32(self[index + 3])
    }

    fileprivate func address4(_ index: Int) -> InternetAddress {
        InternetAddress(high: 0, low: InternetAddress.mappedPrefix | UInt64(octetQuad(index)))
    }

    fileprivate func address6(_ index: Int) -> InternetAddress {
        InternetAddress(
            high: UInt64(octetQuad(index)) << 32 | UInt64(octetQuad(index + 4)),
            low: UInt64(octetQuad(index + 8)) << 32 | UInt64(octetQuad(index + 12)))
    }
}
