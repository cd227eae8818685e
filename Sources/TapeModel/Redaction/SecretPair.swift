/// A secret name with its value, in whatever notation: `"token":"…"`, `password=…`, `Authorization: …`,
/// `sig%3D…`, `&quot;token&quot;:&quot;…`, `<input name="csrf" value="…">`.
///
/// It starts from the separator: the name is looked for before it, at a bounded distance, and the value behind it.
enum SecretPair {
    static func span(at index: Int, _ text: Span<UInt8>) -> SecretSpan? {
        guard let (length, isColon) = separator(at: index, text) else { return nil }
        let (range, isQuoted) = nameRange(before: index, text)
        guard !range.isEmpty, mayBeSecret(text, range) else { return nil }
        let name = name(text, range)
        guard !name.isEmpty else { return nil }
        let behind = index + length
        if !SecretNames.contains(name) {
            guard !isColon, isFieldOfForm(name, at: index, text) else { return nil }
        } else if isColon, !isQuoted, behind < text.count, !isSpace(text[behind]) {
            // `repository:token-server:pull` and `host/secret:tag` have colons too.
            guard length == 1, SecretNames.isCredentialField(name) || SecretNames.isPassword(name),
                !isPathSegment(name, before: index, text)
            else { return nil }
        }
        var start = behind
        while start < text.count, start - behind < 8, isSpace(text[start]) { start += 1 }
        guard start < text.count, !SecretScan.isPseudonym(at: start, text) else { return nil }
        if let quote = quotes.first(where: { text.has($0, at: start) }) {
            return quoted(by: quote, from: start + quote.count, text)
        }
        if text[start] == 0x5B || text[start] == 0x7B {
            let close: UInt8 = text[start] == 0x5B ? 0x5D : 0x7D
            return SecretSpan(start + 1..<(text.first([close], from: start) ?? text.count), "secret")
        }
        return isColon ? written(name, from: start, isQuoted: isQuoted, text) : assigned(from: start, text)
    }

    /// Passes over what may stand between a scheme and its credentials.
    static func skippingGap(from start: Int, _ text: Span<UInt8>) -> Int {
        var index = start
        while index < text.count, index - start < 24 {
            if isSpace(text[index]) || "+:=\"'\\".utf8.contains(text[index]) {
                index += 1
            } else if let gap = gaps.first(where: { text.hasIgnoringCase($0, at: index) }) {
                index += gap.count
            } else {
                break
            }
        }
        return index
    }

    // MARK: Separator and name

    private static func separator(at index: Int, _ text: Span<UInt8>) -> (length: Int, isColon: Bool)? {
        switch text[index] {
        case UInt8(ascii: "="): return (1, false)
        case UInt8(ascii: ":"): return (1, true)
        default:
            let found = encodedSeparators.first { text.hasIgnoringCase($0.octets, at: index) }
            return found.map { ($0.octets.count, $0.isColon) }
        }
    }

    private static let encodedSeparators: [(octets: [UInt8], isColon: Bool)] = [
        ("%3d", false), ("%253d", false), ("%3a", true), ("%253a", true),
    ].map { (Array($0.0.utf8), $0.1) }

    /// Those that hold another one come first.
    private static let quotes = [
        #"\\\""#, #"\""#, #"""#, "'", "%22", "&quot;", "&#34;", "&#39;", #"\u0022"#,
    ].map { Array($0.utf8) }

    private static let gaps = ["%20", "%09", "%22", "%3a", "%3d", "&nbsp;", "&quot;", "&#34;", "&#32;"].map {
        Array($0.utf8)
    }

    /// Where the name before a separator stands, and whether a quote closed it.
    private static func nameRange(before index: Int, _ text: Span<UInt8>) -> (Range<Int>, isQuoted: Bool) {
        var end = index
        var isQuoted = false
        skipping: while end > 0, index - end < 16 {
            if isSpace(text[end - 1]) {
                end -= 1
                continue
            }
            guard !text[end - 1].isTokenOctet || text[end - 1] == 0x32 else { break }
            for quote in quotes where text.has(quote, at: end - quote.count) {
                end -= quote.count
                isQuoted = true
                continue skipping
            }
            break
        }
        var start = end
        while start > 0, end - start < 64, text[start - 1].isTokenOctet || text[start - 1] == 0x25 { start -= 1 }
        return (start..<end, isQuoted)
    }

    /// Whether it is worth taking the name out of the text: most colons stand in dates and hosts.
    private static func mayBeSecret(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
        if SecretNames.contains(text, range) { return true }
        if range.count == valueName.count || range.count == contentName.count,
            text.hasIgnoringCase(valueName, at: range.lowerBound)
                || text.hasIgnoringCase(contentName, at: range.lowerBound)
        {
            return true
        }
        // Names that are not at the range's beginning, or not in plain letters.
        for index in range where text[index] == 0x25 { return true }
        return text.hasIgnoringCase(escapedAmpersand, at: range.lowerBound)
    }

    /// The name in its decoded form.
    private static func name(_ text: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        var name = text.octets(range)
        if name.contains(0x25) {
            // Twice, because a URL may stand in the query of another one.
            let once = PercentEncoding.decode(String(decoding: name, as: UTF8.self))
            name = Array(PercentEncoding.decode(once).utf8)
            if let last = name.lastIndex(where: { !$0.isTokenOctet }) { name = Array(name[(last + 1)...]) }
        }
        // `\u0026sig=`, as some encoders write an ampersand.
        if name.starts(with: escapedAmpersand) { name.removeFirst(escapedAmpersand.count) }
        return name
    }

    /// Whether what looks like a name is a segment of a path, as in `/v2/secret:tag`.
    private static func isPathSegment(_ name: [UInt8], before index: Int, _ text: Span<UInt8>) -> Bool {
        let start = index - name.count
        return start > 0 && text[start - 1] == 0x2F
    }

    /// Whether this is the `value` or `content` of an element whose other attributes name a secret.
    private static func isFieldOfForm(_ name: [UInt8], at index: Int, _ text: Span<UInt8>) -> Bool {
        let word = name.map(\.lowercasedASCII)
        guard word == valueName || word == contentName else { return false }
        var start = index
        while start > 0, index - start < 160, text[start] != 0x3C { start -= 1 }
        guard text[start] == 0x3C else { return false }
        var end = index
        while end < text.count, end - index < 320, text[end] != 0x3E { end += 1 }
        let around = text.octets(start..<end)
        return around.split { !$0.isTokenOctet }.contains { SecretNames.contains($0) }
    }

    private static let escapedAmpersand = Array("u0026".utf8)
    private static let valueName = Array("value".utf8)
    private static let contentName = Array("content".utf8)

    // MARK: Value

    private static func quoted(by quote: [UInt8], from start: Int, _ text: Span<UInt8>) -> SecretSpan? {
        var end = start
        while end < text.count, !text.has(quote, at: end) {
            // Behind a backslash a quote belongs to the text, where the quote itself is a plain one.
            end += quote.count == 1 && text[end] == 0x5C ? 2 : 1
        }
        end = min(end, text.count)
        guard start < end, !SecretScan.isPseudonym(at: start, text) else { return nil }
        return SecretSpan(start..<end, "secret")
    }

    private static let words = [Array("null".utf8), Array("true".utf8), Array("false".utf8)]

    /// The value behind an equals sign.
    private static func assigned(from start: Int, _ text: Span<UInt8>) -> SecretSpan? {
        let end = endOfValue(from: start, text)
        guard start < end, !words.contains(text.octets(start..<min(end, start + 6))) else { return nil }
        return SecretSpan(start..<end, "secret")
    }

    /// The value behind a colon, which prose has as well: "invalid token: signature is wrong".
    private static func written(
        _ name: [UInt8], from start: Int, isQuoted: Bool, _ text: Span<UInt8>
    ) -> SecretSpan? {
        if SecretNames.isCredentialField(name) {
            let ends = "\r\n<\"\\".utf8
            var end = start
            var isCredential = false
            while end < text.count, !ends.contains(text[end]) {
                if !(0x61...0x7A).contains(text[end]), !isSpace(text[end]), text[end] != 0x2E { isCredential = true }
                // A long line of plain words is no credential, and is looked at once.
                if !isCredential, end - start > 256 { return nil }
                end += 1
            }
            return isCredential && start < end ? SecretSpan(start..<end, "secret") : nil
        }
        let end = endOfValue(from: start, text)
        if SecretNames.isPassword(name) { return assigned(from: start, text) }
        guard end - start >= 8 else { return nil }
        var isPlain = true
        for index in start..<end where !(0x61...0x7A).contains(text[index]) { isPlain = false }
        return isPlain ? nil : SecretSpan(start..<end, "secret")
    }

    private static func endOfValue(from start: Int, _ text: Span<UInt8>) -> Int {
        let ends = " \t\r\n&;,<>\"')}]\\|".utf8
        var end = start
        while end < text.count, !ends.contains(text[end]) { end += 1 }
        return end
    }

    private static func isSpace(_ octet: UInt8) -> Bool { octet == 0x20 || octet == 0x09 }
}
