/// Finds, eight octets at a time, how far text goes on that stands in a JSON string as it is.
///
/// A body is mostly such text, cut by a quote every few octets, so neither a loop over octets nor a search that begins
/// slowly is quick. The arithmetic is that of a word whose bytes are compared at once: a borrow may flag an octet behind
/// the first that is meant, but never one before it.
enum PlainText {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// How many of the eight octets of `word`, from its least significant on, a writer may copy: printable ASCII but
    /// for quote and backslash.
    static func writableOctets(in word: UInt64) -> Int {
        // From 0x7F on: the high bit is set, or is when one is added.
        leading((below(0x20, word) | word | (word &+ ones) | equal(0x22, word) | equal(0x5C, word)) & highs)
    }

    /// How many a reader may pass over: all but quote, backslash and C0.
    static func readableOctets(in word: UInt64) -> Int {
        leading((below(0x20, word) | equal(0x22, word) | equal(0x5C, word)) & highs)
    }

    /// High bits where an octet is less than `limit`, which is at most 0x80.
    private static func below(_ limit: UInt64, _ word: UInt64) -> UInt64 { (word &- ones &* limit) & ~word }

    private static func equal(_ octet: UInt64, _ word: UInt64) -> UInt64 { below(1, word ^ (ones &* octet)) }

    /// Octets before the first flag; eight where there is none.
    private static func leading(_ flags: UInt64) -> Int { flags.trailingZeroBitCount >> 3 }
}

extension RawSpan {
    /// The eight octets from `offset` on, the first one least significant; nothing where there are fewer.
    func word(at offset: Int) -> UInt64? {
        guard offset >= 0, offset <= byteCount - 8 else { return nil }
        return UInt64(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
