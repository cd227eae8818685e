/// Finds what has the shape of a credential in text of any kind: error pages, URLs, header values, broken JSON.
///
/// One pass, and time in proportion to the text whatever it holds: a hostile page may be 4 MiB of openings that never
/// close. Each shape starts at an octet that betrays it; what is found is skipped, what is not is read on.
enum SecretScan {
    static func spans(in text: Span<UInt8>) -> [SecretSpan] {
        var spans: [SecretSpan] = []
        let triggers = Self.triggers
        var index = 0
        while index < text.count {
            let octet = text[index]
            guard triggers[Int(octet)] else {
                index += 1
                continue
            }
            if octet == 0xE2, let end = pseudonym(at: index, text) {
                index = end
                continue
            }
            guard let span = span(at: index, octet, text), !span.range.isEmpty else {
                index += 1
                continue
            }
            spans.append(span)
            index = max(index + 1, span.range.upperBound)
        }
        return spans
    }

    private static func span(at index: Int, _ octet: UInt8, _ text: Span<UInt8>) -> SecretSpan? {
        switch octet {
        case UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: "%"):
            SecretPair.span(at: index, text) ?? userInformation(at: index, text)
        case UInt8(ascii: "<"), UInt8(ascii: "&"): SecretElement.span(at: index, text)
        case UInt8(ascii: "/"): userInformation(at: index, text)
        case UInt8(ascii: "b"), UInt8(ascii: "B"): credentials(at: index, text)
        default: token(at: index, text)
        }
    }

    private static let triggers: [Bool] = {
        var triggers = [Bool](repeating: false, count: 256)
        for octet in "=:%<&/bB".utf8 { triggers[Int(octet)] = true }
        for token in tokens { triggers[Int(token.prefix[0])] = true }
        triggers[0xE2] = true
        return triggers
    }()

    // MARK: Tokens that say what they are

    /// Beginnings of tokens, with the length from which they are believed.
    private static let tokens: [(prefix: [UInt8], shortest: Int)] = [
        // `{"` in Base64: a JWT (RFC 7519 §3), or a credential wrapped in JSON as ECR's.
        ("eyJ", 20), ("ghp_", 16), ("gho_", 16), ("ghu_", 16), ("ghs_", 16), ("ghr_", 16), ("github_pat_", 20),
        ("glpat-", 16), ("gldt-", 16), ("glrt-", 16), ("dckr_pat_", 16), ("dckr_oat_", 16), ("hvs.", 16), ("npm_", 20),
        ("AKIA", 20), ("ASIA", 20), ("xoxb-", 16), ("xoxp-", 16),
    ].map { (Array($0.0.utf8), $0.1) }

    private static let beginnings: OctetPairs = {
        var beginnings = OctetPairs()
        for token in tokens { beginnings.insert(token.prefix[0], token.prefix[1]) }
        return beginnings
    }()

    private static func token(at index: Int, _ text: Span<UInt8>) -> SecretSpan? {
        guard index + 1 < text.count, beginnings.contains(text[index], text[index + 1]),
            let token = tokens.first(where: { text.has($0.prefix, at: index) })
        else { return nil }
        // Within a word these letters are chance, but not in Base64, which may follow anything.
        if token.prefix != tokens[0].prefix, index > 0, text[index - 1].isWordOctet { return nil }
        var end = index
        while end < text.count, text[end].isTokenOctet { end += 1 }
        guard end - index >= token.shortest else { return nil }
        return SecretSpan(index..<end, token.prefix == tokens[0].prefix ? "jwt" : "token")
    }

    // MARK: Schemes

    private static let schemes = [Array("bearer".utf8), Array("basic".utf8)]

    /// Parameters of a challenge: `Bearer realm="…"` names no credential.
    private static let parameters = Set([
        "realm", "service", "scope", "error", "error_description", "error_uri", "charset", "authorization_uri",
        "resource_id", "resource", "nonce", "algorithm", "qop", "opaque", "stale", "domain", "client_id",
    ])

    private static func credentials(at index: Int, _ text: Span<UInt8>) -> SecretSpan? {
        guard index + 1 < text.count, "aAeE".utf8.contains(text[index + 1]),
            let scheme = schemes.first(where: { text.hasIgnoringCase($0, at: index) })
        else { return nil }
        let start = SecretPair.skippingGap(from: index + scheme.count, text)
        guard start > index + scheme.count else { return nil }
        var end = start
        var isPlainWord = true
        var hasEquals = false
        while end < text.count, text[end].isCredentialOctet {
            if text[end] == 0x3D, !hasEquals {
                let name = String(decoding: text.octets(start..<end), as: UTF8.self).lowercasedASCII
                guard !parameters.contains(name) else { return nil }
                hasEquals = true
            }
            if !(0x61...0x7A).contains(text[end]) { isPlainWord = false }
            end += 1
        }
        let length = end - start
        // "Basic authentication" is prose; a token of small letters alone is longer than a word.
        if isPlainWord, length < 20 { return nil }
        guard length >= 8 || Base64.decode(text.octets(start..<end))?.contains(0x3A) == true else { return nil }
        return SecretSpan(start..<end, "secret")
    }

    // MARK: User information

    private static let encodedSlashes = [Array("%2f%2f".utf8), Array("%252f%252f".utf8)]
    private static let encodedAt = Array("%40".utf8)

    /// `//user:password@host` (RFC 3986 §3.2.1), also percent-encoded in a query.
    private static func userInformation(at index: Int, _ text: Span<UInt8>) -> SecretSpan? {
        if text[index] == UInt8(ascii: "%") {
            guard let slashes = encodedSlashes.first(where: { text.hasIgnoringCase($0, at: index) }) else { return nil }
            let start = index + slashes.count
            var end = start
            var at: Int?
            while end < text.count, end - start < longestAuthority, text[end].isCredentialOctet {
                if text.has(encodedAt, at: end) || text.has(Array("%2540".utf8), at: end) { at = end }
                if text.hasIgnoringCase(Array("%2f".utf8), at: end) { break }
                end += 1
            }
            return at.map { SecretSpan(start..<$0, "user") }
        }
        guard text[index] == 0x2F, index + 1 < text.count, text[index + 1] == 0x2F else { return nil }
        // In the middle of a path two slashes begin nothing.
        if index > 0, !beforeAuthority[text[index - 1]] { return nil }
        let start = index + 2
        var end = start
        var at: Int?
        while end < text.count, end - start < longestAuthority, !behindAuthority[text[end]] {
            if text[end] == 0x40 { at = end }
            end += 1
        }
        guard let at, text[start] != 0xE2 else { return nil }
        return SecretSpan(start..<at, "user")
    }

    private static let longestAuthority = 4_096
    private static let beforeAuthority = OctetSet(":\"'= \t(,<>")
    private static let behindAuthority = OctetSet("/?# \t\r\n<>\"'\\")

    // MARK: Pseudonyms

    /// The end of `‹kind:hex›`, which is what a mask left and no secret.
    private static func pseudonym(at index: Int, _ text: Span<UInt8>) -> Int? {
        guard text.has([0xE2, 0x80, 0xB9], at: index) else { return nil }
        var end = index + 3
        while end < text.count, end - index < 24, (0x61...0x7A).contains(text[end]) { end += 1 }
        guard end < text.count, text[end] == 0x3A else { return nil }
        end += 1
        let digits = end
        while end < text.count, end - digits < 16, text[end].hexadecimalDigit != nil { end += 1 }
        return text.has([0xE2, 0x80, 0xBA], at: end) ? end + 3 : nil
    }

    /// Whether a pseudonym stands at `index`.
    static func isPseudonym(at index: Int, _ text: Span<UInt8>) -> Bool {
        index < text.count && text[index] == 0xE2 && pseudonym(at: index, text) != nil
    }
}
