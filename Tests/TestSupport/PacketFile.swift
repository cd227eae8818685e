/// A pcapng file of raw IP packets, read by the letter: for tests of what an export writes.
///
/// It knows one section, one interface, no snap length; anything else is a failure.
public struct PacketFile {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    public struct Packet: Sendable {
        /// Microseconds.
        public var time: Int64
        public var comments: [String]
        /// `address:port` as the octets say, in hexadecimal.
        public var source: String
        public var target: String
        public var sequence: UInt32
        public var acknowledgement: UInt32
        public var flags: UInt8
        public var content: [UInt8]

        public var isSYN: Bool { flags & 0x02 != 0 }
        public var isFIN: Bool { flags & 0x01 != 0 }
        public var isRST: Bool { flags & 0x04 != 0 }
    }

    public private(set) var comment = ""
    public private(set) var names: [String] = []
    public private(set) var packets: [Packet] = []

    public init(_ octets: [UInt8]) throws {
        var offset = 0
        while offset < octets.count {
            guard offset + 12 <= octets.count else { throw Failure(description: "a block is cut at \(offset)") }
            let (type, length) = (Self.little(octets, offset), Int(Self.little(octets, offset + 4)))
            guard length >= 12, length % 4 == 0, offset + length <= octets.count,
                Self.little(octets, offset + length - 4) == UInt32(length)
            else { throw Failure(description: "a block at \(offset) has a bad length") }
            let body = Array(octets[(offset + 8)..<(offset + length - 4)])
            switch type {
            case 0x0A0D_0D0A: comment = Self.options(body[16...])[1]?.first ?? ""
            case 1:
                guard body[0] == 101, body[1] == 0 else { throw Failure(description: "not raw IP") }
            case 4: names.append(String(decoding: body.filter { (0x20...0x7E).contains($0) }, as: UTF8.self))
            case 6: packets.append(try Self.packet(body))
            default: throw Failure(description: "a block of type \(type)")
            }
            offset += length
        }
    }

    /// The two streams of each connection, octets in order; the client, which sent SYN, first.
    public func streams() -> [(client: [UInt8], server: [UInt8], packets: [Packet])] {
        var order: [Set<String>] = []
        var found: [Set<String>: (client: [UInt8], server: [UInt8], packets: [Packet])] = [:]
        for packet in packets {
            let key: Set = [packet.source, packet.target]
            if found[key] == nil {
                order.append(key)
                found[key] = ([], [], [])
            }
            found[key]?.packets.append(packet)
            if packet.source == found[key]?.packets.first?.source {
                found[key]?.client += packet.content
            } else {
                found[key]?.server += packet.content
            }
        }
        return order.compactMap { found[$0] }
    }

    private static func packet(_ body: [UInt8]) throws -> Packet {
        let length = Int(little(body, 12))
        guard little(body, 16) == UInt32(length) else { throw Failure(description: "a packet is cut") }
        let ip = Array(body[20..<(20 + length)])
        let options = options(body[(20 + (length + 3) / 4 * 4)...])
        let isVersion4 = ip[0] >> 4 == 4
        let start = isVersion4 ? 20 : 40
        let addresses = isVersion4 ? Array(ip[12..<20]) : Array(ip[8..<40])
        let size = Int(big(ip, isVersion4 ? 2 : 4)) + (isVersion4 ? 0 : 40)
        guard size == ip.count, ip[isVersion4 ? 9 : 6] == 6 else { throw Failure(description: "a wrong IP header") }
        if isVersion4 { guard folded(ip[..<20]) == 0xFFFF else { throw Failure(description: "a wrong IP checksum") } }
        let tcp = Array(ip[start...])
        let pseudo = addresses + [0, 6, UInt8(tcp.count >> 8), UInt8(tcp.count & 0xFF)]
        guard folded((pseudo + tcp)[...]) == 0xFFFF else { throw Failure(description: "a wrong TCP checksum") }
        let half = addresses.count / 2
        func place(_ address: ArraySlice<UInt8>, _ port: UInt16) -> String {
            address.map { String($0, radix: 16) }.joined(separator: ".") + ":\(port)"
        }
        return Packet(
            time: Int64(little(body, 4)) << 32 | Int64(little(body, 8)), comments: options[1] ?? [],
            source: place(addresses[..<half], big(tcp, 0)), target: place(addresses[half...], big(tcp, 2)),
            sequence: UInt32(big(tcp, 4)) << 16 | UInt32(big(tcp, 6)),
            acknowledgement: UInt32(big(tcp, 8)) << 16 | UInt32(big(tcp, 10)), flags: tcp[13],
            content: Array(tcp[(Int(tcp[12] >> 4) * 4)...]))
    }

    private static func options(_ octets: ArraySlice<UInt8>) -> [UInt16: [String]] {
        var options: [UInt16: [String]] = [:]
        var rest = Array(octets)
        while rest.count >= 4 {
            let (code, length) = (UInt16(rest[0]) | UInt16(rest[1]) << 8, Int(rest[2]) | Int(rest[3]) << 8)
            guard code != 0, rest.count >= 4 + length else { break }
            options[code, default: []].append(String(decoding: rest[4..<(4 + length)], as: UTF8.self))
            rest = Array(rest.dropFirst(4 + (length + 3) / 4 * 4))
        }
        return options
    }

    private static func folded(_ octets: ArraySlice<UInt8>) -> UInt64 {
        var sum: UInt64 = 0
        for (index, octet) in octets.enumerated() { sum += UInt64(octet) << (index % 2 == 0 ? 8 : 0) }
        while sum > 0xFFFF { sum = (sum & 0xFFFF) + (sum >> 16) }
        return sum
    }

    private static func little(_ octets: [UInt8], _ index: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(octets[index + $1]) << (8 * UInt32($1)) }
    }

    private static func big(_ octets: [UInt8], _ index: Int) -> UInt16 {
        UInt16(octets[index]) << 8 | UInt16(octets[index + 1])
    }
}
