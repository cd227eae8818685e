/// Base64 as tokens use it: both alphabets, padding optional (RFC 4648 §4, §5).
public enum Base64 {
    private static let urlAlphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// The octets behind `text`; nothing where it holds any other character.
    public static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(text.count / 4 * 3)
        var bits: UInt32 = 0
        var count = 0
        for octet in text {
            let value: UInt8
            switch octet {
            case 0x41...0x5A: value = octet &- 0x41
            case 0x61...0x7A: value = octet &- 0x61 &+ 26
            case 0x30...0x39: value = octet &- 0x30 &+ 52
            case 0x2B, 0x2D: value = 62
            case 0x2F, 0x5F: value = 63
            case 0x3D: continue
            default: return nil
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return result
    }

    /// `octets` in the alphabet of URLs, without padding (RFC 4648 §5).
    public static func encodeURL(_ octets: [UInt8]) -> String {
        var result: [UInt8] = []
        var index = 0
        while index < octets.count {
            let group = octets[index..<min(index + 3, octets.count)]
            var bits: UInt32 = 0
            for place in 0..<3 { bits = bits << 8 | (place < group.count ? UInt32(group[index + place]) : 0) }
            for place in 0..<group.count + 1 {
                result.append(urlAlphabet[Int(bits >> UInt32(18 - 6 * place)) & 0x3F])
            }
            index += 3
        }
        return String(decoding: result, as: UTF8.self)
    }
}

/// Percent-encoding (RFC 3986 §2.1), and the plus sign of forms.
enum PercentEncoding {
    static func decode(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x25 || $0 == 0x2B }) else { return text }
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let octet = rest.popFirst() {
            let pair = rest.prefix(2)
            if octet == 0x25, pair.count == 2, let value = UInt8(String(decoding: pair, as: UTF8.self), radix: 16) {
                result.append(value)
                rest = rest.dropFirst(2)
            } else {
                result.append(octet == 0x2B ? 0x20 : octet)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
