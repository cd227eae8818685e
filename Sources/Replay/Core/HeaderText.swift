/// Text of a tape made fit for a header field or a URL (RFC 9110 §5.5).
///
/// A pseudonym, `‹bearer:7f3a91c2›`, becomes `regtape-bearer-7f3a91c2`: a client takes it, sends it back, and it is still
/// one word that tells equal secrets from unequal ones. Octets that would end a line never pass.
enum HeaderText {
    static func safe(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 >= 0x7F || $0 < 0x20 }) else { return text }
        var result = ""
        result.reserveCapacity(text.utf8.count)
        var isPseudonym = false
        for scalar in text.unicodeScalars {
            switch scalar {
            case "‹":
                result += "regtape-"
                isPseudonym = true
            case "›": isPseudonym = false
            case ":" where isPseudonym: result += "-"
            case "\u{20}"..."\u{7E}": result.unicodeScalars.append(scalar)
            case "\t": result += " "
            case "\u{0}"..."\u{1F}", "\u{7F}": break
            default: for octet in String(scalar).utf8 { result += "%" + hex(octet) }
            }
        }
        return result
    }

    private static func hex(_ octet: UInt8) -> String {
        let digits = String(octet, radix: 16, uppercase: true)
        return digits.utf8.count < 2 ? "0" + digits : digits
    }

    /// Whether `text` is a SHA-256 as a body file is called: nothing else ever names a file.
    static func isSHA256(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
