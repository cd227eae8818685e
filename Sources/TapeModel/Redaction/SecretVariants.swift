/// The other spellings of a secret: how an error page, a log or another protocol would quote it.
enum SecretVariants {
    static func of(_ secret: [UInt8]) -> [[UInt8]] {
        guard !secret.isEmpty, secret.count <= longest else { return [] }
        let text = String(decoding: secret, as: UTF8.self)
        var variants: [[UInt8]] = []
        for digits in [upper, lower] {
            variants.append(percentEncoded(secret, digits, space: "%20"))
            variants.append(percentEncoded(secret, digits, space: "+"))
        }
        let base64 = Array(Base64.encodeURL(secret).utf8)
        variants.append(base64)
        variants.append(base64.map { $0 == 0x2D ? 0x2B : $0 == 0x5F ? 0x2F : $0 })
        variants.append(Array(JSONValue.string(text).serialized.dropFirst().dropLast()))
        variants.append(escapedForMarkup(secret))
        let decoded = PercentEncoding.decode(text)
        if decoded != text { variants.append(Array(decoded.utf8)) }
        return variants.filter { $0 != secret }
    }

    /// Nobody's password is longer; a token has no characters that anybody would escape.
    private static let longest = 1_024
    private static let upper = Array("0123456789ABCDEF".utf8)
    private static let lower = Array("0123456789abcdef".utf8)

    private static func percentEncoded(_ secret: [UInt8], _ digits: [UInt8], space: String) -> [UInt8] {
        var result: [UInt8] = []
        for octet in secret {
            if octet == 0x20 {
                result += Array(space.utf8)
            } else if octet.isTokenOctet || octet == 0x7E {
                result.append(octet)
            } else {
                result += [0x25, digits[Int(octet >> 4)], digits[Int(octet & 0xF)]]
            }
        }
        return result
    }

    private static func escapedForMarkup(_ secret: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for octet in secret {
            switch octet {
            case UInt8(ascii: "&"): result += Array("&amp;".utf8)
            case UInt8(ascii: "<"): result += Array("&lt;".utf8)
            case UInt8(ascii: ">"): result += Array("&gt;".utf8)
            case UInt8(ascii: "\""): result += Array("&quot;".utf8)
            default: result.append(octet)
            }
        }
        return result
    }
}
