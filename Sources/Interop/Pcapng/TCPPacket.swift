/// One TCP segment in an IP packet, with the checksums that a receiver expects.
enum TCPPacket {
    struct Flags: OptionSet {
        let rawValue: UInt8
        static let fin = Flags(rawValue: 0x01)
        static let syn = Flags(rawValue: 0x02)
        static let rst = Flags(rawValue: 0x04)
        static let psh = Flags(rawValue: 0x08)
        static let ack = Flags(rawValue: 0x10)
    }

    /// At most 65 495 octets of content, what the length of an IPv4 packet leaves.
    static func octets(
        from source: Endpoint, to target: Endpoint, sequence: UInt32, acknowledgement: UInt32, flags: Flags,
        options: [UInt8] = [], content: ArraySlice<UInt8> = []
    ) -> [UInt8] {
        let headerLength = 20 + options.count
        let length = headerLength + content.count
        var packet = header(source.address, target.address, length: length)
        packet.reserveCapacity(packet.count + length)
        let start = packet.count
        packet.append(big: source.port)
        packet.append(big: target.port)
        packet.append(big: sequence)
        packet.append(big: acknowledgement)
        packet.append(UInt8(headerLength / 4) << 4)
        packet.append(flags.rawValue)
        packet.append(big: UInt16.max)
        packet.append(big: UInt16(0))
        packet.append(big: UInt16(0))
        packet.append(contentsOf: options)
        packet.append(contentsOf: content)
        // The pseudo-header of RFC 9293 §3.1 and RFC 8200 §8.1: addresses, protocol and length.
        var sum = Self.sum(source.address.octets[...]) + Self.sum(target.address.octets[...])
        sum += UInt64(protocolNumber) + UInt64(length) + Self.sum(packet[start...])
        set(checksum(sum), in: &packet, at: start + 16)
        return packet
    }

    private static func header(_ source: IPAddress, _ target: IPAddress, length: Int) -> [UInt8] {
        var packet: [UInt8] = []
        if source.isVersion6 {
            packet.append(big: UInt32(6) << 28)
            packet.append(big: UInt16(truncatingIfNeeded: length))
            packet.append(contentsOf: [protocolNumber, hops])
            packet.append(contentsOf: source.octets)
            packet.append(contentsOf: target.octets)
            return packet
        }
        packet.append(contentsOf: [0x45, 0])
        packet.append(big: UInt16(truncatingIfNeeded: length + 20))
        packet.append(big: UInt16(0))
        // Don't fragment; its identification may then be zero (RFC 6864 §4.1).
        packet.append(big: UInt16(0x4000))
        packet.append(contentsOf: [hops, protocolNumber, 0, 0])
        packet.append(contentsOf: source.octets)
        packet.append(contentsOf: target.octets)
        set(checksum(sum(packet[...])), in: &packet, at: 10)
        return packet
    }

    private static func set(_ value: UInt16, in packet: inout [UInt8], at index: Int) {
        packet[index] = UInt8(truncatingIfNeeded: value >> 8)
        packet[index + 1] = UInt8(truncatingIfNeeded: value)
    }

    /// The sum of 16-bit words (RFC 1071), not yet folded; an odd octet at the end counts as the first of a word.
    private static func sum(_ octets: ArraySlice<UInt8>) -> UInt64 {
        octets.withUnsafeBytes { bytes in
            var sum: UInt64 = 0
            var index = 0
            while index + 4 <= bytes.count {
                let word = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self))
                sum += UInt64(word >> 16) + UInt64(word & 0xFFFF)
                index += 4
            }
            while index < bytes.count {
                sum += UInt64(bytes[index]) << (index % 2 == 0 ? 8 : 0)
                index += 1
            }
            return sum
        }
    }

    private static func checksum(_ sum: UInt64) -> UInt16 {
        var sum = sum
        while sum > 0xFFFF { sum = (sum & 0xFFFF) + (sum >> 16) }
        return ~UInt16(sum)
    }

    private static let protocolNumber: UInt8 = 6
    private static let hops: UInt8 = 64
}
