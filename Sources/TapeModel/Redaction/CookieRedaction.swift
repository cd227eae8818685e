/// Takes the values out of cookies.
extension Masker {
    /// `name=value; …`: names stay.
    mutating func cookies(_ value: String) -> String {
        value.split(separator: ";", omittingEmptySubsequences: false).map { pair in cookie(String(pair)) }
            .joined(separator: ";")
    }

    /// `name=value; attributes` (RFC 6265 §4.1.1): the name stays, and so do attributes that RFCs and browsers know.
    mutating func setCookie(_ value: String) -> String {
        let parts = value.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
        return parts.enumerated().map { index, part in
            index > 0 && Self.isAttribute(part) ? part : cookie(part)
        }.joined(separator: ";")
    }

    private mutating func cookie(_ pair: String) -> String {
        if pair.utf8.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { return pair }
        guard let equals = pair.firstIndex(of: "="),
            pair[..<equals].utf8.drop(while: { $0 == 0x20 }).allSatisfy({ $0.isTokenOctet }),
            pair[..<equals].utf8.count <= Self.longestName
        else { return learn("cookie", pair) }
        return pair[...equals] + learn("cookie", String(pair[pair.index(after: equals)...]))
    }

    private static func isAttribute(_ part: String) -> Bool {
        // A comma joins a second cookie to this one, unless it is the one of a date.
        let trimmed = part.utf8.drop { $0 == 0x20 || $0 == 0x09 }
        let name = String(decoding: trimmed.prefix { $0 != 0x3D }, as: UTF8.self).lowercasedASCII
        let values = part.utf8.filter { $0 == 0x3D }.count
        return attributes.contains(name) && values <= 1 && (name == "expires" || !part.utf8.contains(0x2C))
    }

    private static let attributes: Set<String> = [
        "path", "domain", "expires", "max-age", "secure", "httponly", "samesite", "partitioned", "priority",
    ]

    /// Session cookies have long names; what is longer is no name.
    private static let longestName = 80
}
