import TapeModel

/// The blocks of a pcapng file that an export needs, little-endian (draft-ietf-opsawg-pcapng).
enum PcapngBlocks {
    /// LINKTYPE_RAW: packets begin with their IP header, version 4 or 6, so that no hardware address is made up.
    static let rawIP: UInt16 = 101

    /// The Section Header Block (§4.1), without a length of its section: nobody knows it before the end.
    static func section(application: String, comment: String) -> [UInt8] {
        var body: [UInt8] = []
        body.append(little: UInt32(0x1A2B_3C4D))
        body.append(little: UInt16(1))
        body.append(little: UInt16(0))
        body.append(contentsOf: [UInt8](repeating: 0xFF, count: 8))
        body.append(option: 1, text: comment)
        body.append(option: 4, text: application)
        body.append(little: UInt32(0))
        return block(0x0A0D_0D0A, body)
    }

    /// The Interface Description Block (§4.2); times are in microseconds where it does not say otherwise.
    static func interface(name: String, description: String) -> [UInt8] {
        var body: [UInt8] = []
        body.append(little: rawIP)
        body.append(little: UInt16(0))
        body.append(little: UInt32(0))
        body.append(option: 2, text: name)
        body.append(option: 3, text: description)
        body.append(little: UInt32(0))
        return block(1, body)
    }

    /// The Name Resolution Block (§4.4): what addresses are called; nothing where there is none to name.
    static func names(_ names: [(address: IPAddress, name: String)]) -> [UInt8] {
        guard !names.isEmpty else { return [] }
        var body: [UInt8] = []
        for (address, name) in names {
            var value = address.octets
            value.append(contentsOf: name.utf8.prefix(255))
            value.append(0)
            body.append(little: UInt16(address.isVersion6 ? 2 : 1))
            body.append(little: UInt16(value.count))
            body.append(contentsOf: value)
            body.pad()
        }
        body.append(little: UInt32(0))
        return block(4, body)
    }

    /// An Enhanced Packet Block (§4.3) on the one interface.
    static func packet(_ octets: [UInt8], at instant: Instant, comments: [String]) -> [UInt8] {
        // A time before 1970 cannot be said.
        let time = UInt64(max(0, instant.microseconds))
        var body: [UInt8] = []
        body.reserveCapacity(octets.count + 64)
        body.append(little: UInt32(0))
        body.append(little: UInt32(truncatingIfNeeded: time >> 32))
        body.append(little: UInt32(truncatingIfNeeded: time))
        body.append(little: UInt32(octets.count))
        body.append(little: UInt32(octets.count))
        body.append(contentsOf: octets)
        body.pad()
        if !comments.isEmpty {
            for comment in comments { body.append(option: 1, text: comment) }
            body.append(little: UInt32(0))
        }
        return block(6, body)
    }

    private static func block(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
        let length = UInt32(body.count + 12)
        var octets: [UInt8] = []
        octets.reserveCapacity(body.count + 12)
        octets.append(little: type)
        octets.append(little: length)
        octets.append(contentsOf: body)
        octets.append(little: length)
        return octets
    }
}

extension [UInt8] {
    mutating func append(little value: UInt16) {
        append(UInt8(truncatingIfNeeded: value))
        append(UInt8(truncatingIfNeeded: value >> 8))
    }

    mutating func append(little value: UInt32) {
        append(little: UInt16(truncatingIfNeeded: value))
        append(little: UInt16(truncatingIfNeeded: value >> 16))
    }

    mutating func append(big value: UInt16) {
        append(UInt8(truncatingIfNeeded: value >> 8))
        append(UInt8(truncatingIfNeeded: value))
    }

    mutating func append(big value: UInt32) {
        append(big: UInt16(truncatingIfNeeded: value >> 16))
        append(big: UInt16(truncatingIfNeeded: value))
    }

    /// Blocks and options are filled up to 32 bits.
    fileprivate mutating func pad() {
        while count % 4 != 0 { append(0) }
    }

    fileprivate mutating func append(option code: UInt16, text: String) {
        // The length has 16 bits; a comment that long is read by nobody.
        let value = Array(text.utf8.prefix(16_384))
        append(little: code)
        append(little: UInt16(value.count))
        append(contentsOf: value)
        pad()
    }
}
