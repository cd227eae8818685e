/// Percent-encoding (RFC 3986 §2.1), read as anybody may have written it.
enum PercentCoding {
    /// The octets behind `text`; what is no valid triplet stays as it stands, what is no UTF-8 becomes U+FFFD.
    ///
    /// `plusIsSpace` is for queries and forms, where `+` stands for a space (WHATWG URL, urlencoded parsing).
    static func decode(_ text: ArraySlice<UInt8>, plusIsSpace: Bool = false) -> String {
        guard text.contains(where: { $0 == 0x25 || plusIsSpace && $0 == 0x2B }) else {
            return String(decoding: text, as: UTF8.self)
        }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var rest = text
        while let octet = rest.popFirst() {
            if octet == 0x25, let high = rest.first.flatMap(digit), let low = rest.dropFirst().first.flatMap(digit) {
                result.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                result.append(plusIsSpace && octet == 0x2B ? 0x20 : octet)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func digit(_ octet: UInt8) -> UInt8? {
        switch octet {
        case 0x30...0x39: octet - 0x30
        case 0x41...0x46: octet - 0x41 + 10
        case 0x61...0x66: octet - 0x61 + 10
        default: nil
        }
    }
}
