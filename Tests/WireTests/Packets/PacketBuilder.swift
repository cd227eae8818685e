import TapeModel
import Wire

/// Flags of a segment, as tests write them.
struct SegmentFlags: OptionSet, Sendable {
    let rawValue: UInt8
    static let fin = SegmentFlags(rawValue: 1)
    static let syn = SegmentFlags(rawValue: 2)
    static let rst = SegmentFlags(rawValue: 4)
    static let ack = SegmentFlags(rawValue: 16)
    static let urg = SegmentFlags(rawValue: 32)
}

/// Octets of headers, made for tests; checksums are zero, as offload leaves them.
enum PacketBuilder {
    static func tcp(
        from source: UInt16, to destination: UInt16, seq: UInt32, ack: UInt32 = 0, flags: SegmentFlags,
        window: UInt16 = 65_535, scale: UInt8? = nil, urgent: UInt16 = 0, _ octets: [UInt8] = []
    ) -> [UInt8] {
        let options: [UInt8] = scale.map { [2, 4, 5, 180, 1, 3, 3, $0] } ?? []
        let offset = UInt8((20 + options.count) / 4) << 4
        return big(source) + big(destination) + big(seq) + big(ack) + [offset, flags.rawValue] + big(window) + [0, 0]
            + big(urgent) + options + octets
    }

    /// `position` is flags and fragment offset.
    static func ipv4(
        from source: [UInt8] = [10, 0, 0, 1], to destination: [UInt8] = [10, 0, 0, 2], _ payload: [UInt8],
        options: [UInt8] = [], transport: UInt8 = 6, id: UInt16 = 1, position: UInt16 = 0x4000, total: Int? = nil
    ) -> [UInt8] {
        let header = 20 + options.count
        return [0x40 | UInt8(header / 4), 0] + big(UInt16(total ?? header + payload.count)) + big(id) + big(position)
            + [64, transport, 0, 0] + source + destination + options + payload
    }

    static func ipv6(
        from source: [UInt8] = address6(1), to destination: [UInt8] = address6(2), _ payload: [UInt8],
        next: UInt8 = 6, length: Int? = nil
    ) -> [UInt8] {
        [0x60, 0, 0, 0] + big(UInt16(length ?? payload.count)) + [next, 64] + source + destination + payload
    }

    static func address6(_ last: UInt8) -> [UInt8] { [0x20, 1, 0xD, 0xB8] + Array(repeating: 0, count: 11) + [last] }

    /// A frame of each link type around an IP packet.
    static func frame(_ link: LinkType, _ packet: [UInt8]) -> [UInt8] {
        let isVersion6 = packet.first.map { $0 >> 4 == 6 } ?? false
        let type: [UInt8] = isVersion6 ? [0x86, 0xDD] : [8, 0]
        switch link {
        case .ethernet: return Array(repeating: 2, count: 12) + type + packet
        case .linuxCooked: return [0, 4, 0, 1, 0, 6] + Array(repeating: 0, count: 8) + type + packet
        case .linuxCooked2: return type + Array(repeating: 0, count: 18) + packet
        case .rawIP, .ipv4, .ipv6: return packet
        case .null: return [isVersion6 ? 30 : 2, 0, 0, 0] + packet
        case .loopback: return [0, 0, 0, isVersion6 ? 24 : 2] + packet
        }
    }

    static func big<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}
