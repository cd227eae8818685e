import TapeModel

/// Finds the realms of Bearer challenges in a `WWW-Authenticate` value (RFC 9110 §11.6.1, RFC 6750 §3).
///
/// One value can hold several challenges, and a comma stands between parameters as well as between challenges. Only
/// the realm of Bearer is a URL that clients follow; the realm of Basic is a name, even where it looks like a URL, as
/// that of Amazon's registry does.
struct BearerRealms {
    private static let comma = UInt8(ascii: ",")
    private static let equals = UInt8(ascii: "=")
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    private let octets: [UInt8]
    private var index = 0

    private init(_ value: String) {
        octets = Array(value.utf8)
    }

    /// `value` with every realm of a Bearer challenge replaced by what `replacement` gives for it.
    static func replacing(in value: String, with replacement: (String) -> String?) -> String {
        var reader = Self(value)
        var result: [UInt8] = []
        var copied = 0
        var scheme = ""
        while let word = reader.nextWord() {
            guard reader.takesValue() else {
                scheme = word.lowercasedASCII
                continue
            }
            let start = reader.index
            let text = reader.parameterValue()
            guard scheme == "bearer", word.equalsIgnoringASCIICase("realm"), let new = replacement(text) else {
                continue
            }
            result += reader.octets[copied..<start]
            // A realm without quotation marks is not allowed and does occur; a URL needs them.
            result += "\"\(new)\"".utf8
            copied = reader.index
        }
        return String(decoding: result + reader.octets[copied...], as: UTF8.self)
    }

    /// The next token: the name of a scheme or of a parameter; octets that belong to neither are passed over.
    private mutating func nextWord() -> String? {
        while index < octets.count, !Self.isWord(octets[index]) {
            // A quoted string that stands alone hides whatever is inside it.
            if octets[index] == Self.quote { _ = quotedString() } else { index += 1 }
        }
        guard index < octets.count else { return nil }
        let start = index
        while index < octets.count, Self.isWord(octets[index]) { index += 1 }
        return String(decoding: octets[start..<index], as: UTF8.self)
    }

    /// Whether an equals sign follows, with or without white space; it is taken.
    private mutating func takesValue() -> Bool {
        var place = index
        while place < octets.count, Self.isBlank(octets[place]) { place += 1 }
        guard place < octets.count, octets[place] == Self.equals else { return false }
        place += 1
        while place < octets.count, Self.isBlank(octets[place]) { place += 1 }
        index = place
        return true
    }

    private mutating func parameterValue() -> String {
        guard index < octets.count else { return "" }
        if octets[index] == Self.quote { return quotedString() }
        let start = index
        while index < octets.count, octets[index] != Self.comma, !Self.isBlank(octets[index]) { index += 1 }
        return String(decoding: octets[start..<index], as: UTF8.self)
    }

    private mutating func quotedString() -> String {
        var text: [UInt8] = []
        index += 1
        while index < octets.count, octets[index] != Self.quote {
            if octets[index] == Self.backslash, index + 1 < octets.count { index += 1 }
            text.append(octets[index])
            index += 1
        }
        index = min(index + 1, octets.count)
        return String(decoding: text, as: UTF8.self)
    }

    private static func isBlank(_ octet: UInt8) -> Bool { octet == 0x20 || octet == 0x09 }

    private static func isWord(_ octet: UInt8) -> Bool {
        octet > 0x20 && octet != comma && octet != equals && octet != quote
    }
}
