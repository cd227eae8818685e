/// Octets as lower-case hexadecimal text and back: digests, sums and the raw octets of an anomaly.
public enum Hexadecimal {
    static let digits = Array("0123456789abcdef".utf8)

    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        for octet in bytes {
            text.append(digits[Int(octet >> 4)])
            text.append(digits[Int(octet & 0xF)])
        }
        return String(decoding: text, as: UTF8.self)
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
