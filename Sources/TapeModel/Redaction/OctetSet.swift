/// A set of octets, for text that is looked through octet by octet.
struct OctetSet: Sendable {
    private var low: (UInt64, UInt64) = (0, 0)
    private var high: (UInt64, UInt64) = (0, 0)

    init(_ members: StaticString) {
        members.withUTF8Buffer { octets in
            for octet in octets { insert(octet) }
        }
    }

    subscript(octet: UInt8) -> Bool {
        let word =
            switch octet >> 6 {
            case 0: low.0
            case 1: low.1
            case 2: high.0
            default: high.1
            }
        return word >> UInt64(octet & 63) & 1 == 1
    }

    private mutating func insert(_ octet: UInt8) {
        let bit: UInt64 = 1 << UInt64(octet & 63)
        switch octet >> 6 {
        case 0: low.0 |= bit
        case 1: low.1 |= bit
        case 2: high.0 |= bit
        default: high.1 |= bit
        }
    }
}
