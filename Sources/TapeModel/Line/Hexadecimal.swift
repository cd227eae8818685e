/// Octets as lower-case hexadecimal text and back: digests, sums and the raw octets of an anomaly.
public enum Hexadecimal {
    static let digits = Array("0123456789abcdef".utf8)

    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(2 * bytes.underestimatedCount)
        for octet in bytes {
            text.append(digit(octet >> 4))
            text.append(digit(octet & 0xF))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The same for octets that lie in one piece: a digest is written for every body.
    public static func encode(_ bytes: UnsafeRawBufferPointer) -> String {
        String(unsafeUninitializedCapacity: 2 * bytes.count) { text in
            for (index, octet) in bytes.enumerated() {
                text[2 * index] = digit(octet >> 4)
                text[2 * index + 1] = digit(octet & 0xF)
            }
            return 2 * bytes.count
        }
    }

    /// The digit of a value below sixteen.
    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
    }

    /// The octets; nothing where `text` has another character or an odd length.
    public static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var high: UInt8?
        for octet in text.utf8 {
            guard let digit = octet.hexadecimalDigit else { return nil }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return high == nil ? bytes : nil
    }
}
