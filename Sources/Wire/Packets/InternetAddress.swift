/// An address of IPv4 or IPv6, in the order of the wire.
struct InternetAddress: Sendable, Hashable {
    let high: UInt64
    let low: UInt64

    /// IPv4 addresses stand behind `::ffff:` (RFC 4291 §2.5.5.2).
    static let mappedPrefix: UInt64 = 0xFFFF_0000_0000

    /// `address:port`, IPv6 addresses in brackets, written as RFC 5952 wants it.
    func text(port: UInt16) -> String {
        if high == 0, low >> 32 == Self.mappedPrefix >> 32 {
            return "\(low >> 24 & 0xFF).\(low >> 16 & 0xFF).\(low >> 8 & 0xFF).\(low & 0xFF):\(port)"
        }
        return "[\(groupText)]:\(port)"
    }

    private var groupText: String {
        let groups = (0..<8).map { index in
            UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64((3 - index % 4) * 16))
        }
        // The longest run of zeros, the first of equals, becomes "::"; one group alone does not.
        var best = 0..<0
        var index = 0
        while index < 8 {
            var end = index
            while end < 8, groups[end] == 0 { end += 1 }
            if end - index > max(1, best.count) { best = index..<end }
            index = max(end, index + 1)
        }
        func joined(_ range: Range<Int>) -> String {
            range.map { String(groups[$0], radix: 16) }.joined(separator: ":")
        }
        return best.isEmpty ? joined(0..<8) : joined(0..<best.lowerBound) + "::" + joined(best.upperBound..<8)
    }
}
