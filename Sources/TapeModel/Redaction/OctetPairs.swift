/// A set of two octets that follow each other: passes most places of a text over without looking at any word.
struct OctetPairs: Sendable {
    /// One bit for each pair.
    private var bits = [UInt64](repeating: 0, count: 1_024)

    mutating func insert(_ first: UInt8, _ second: UInt8) {
        let pair = Int(first) << 8 | Int(second)
        bits[pair >> 6] |= 1 << UInt64(pair & 63)
    }

    func contains(_ first: UInt8, _ second: UInt8) -> Bool {
        let pair = Int(first) << 8 | Int(second)
        return bits[pair >> 6] >> UInt64(pair & 63) & 1 == 1
    }
}
