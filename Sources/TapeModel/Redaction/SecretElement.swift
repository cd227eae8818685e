/// Contents of XML and HTML elements in which services echo credentials, or what they signed (REGISTRY-FACTS §5, §6).
enum SecretElement {
    /// `<Name …>content</`, also where the markup itself is escaped.
    static func span(at index: Int, _ text: Span<UInt8>) -> SecretSpan? {
        let isEscaped = text[index] == UInt8(ascii: "&")
        let open = isEscaped ? escapedOpen : plainOpen
        guard text.has(open, at: index) else { return nil }
        var place = index + open.count
        var local = place
        while place < text.count, place - index < longestName, text[place].isTokenOctet || text[place] == 0x3A {
            if text[place] == 0x3A { local = place + 1 }
            place += 1
        }
        let name = text.octets(local..<place)
        let isDetail = name.map(\.lowercasedASCII) == detail
        guard isDetail || SecretNames.contains(name) else { return nil }
        // Attributes are few; a `>` that is far away belongs to something else.
        let close = isEscaped ? escapedClose : plainClose
        var end = place
        while end < text.count, end - place < longestAttributes, !text.has(close, at: end) { end += 1 }
        guard text.has(close, at: end), end == 0 || text[end - 1] != 0x2F else { return nil }
        let start = end + close.count
        guard !SecretScan.isPseudonym(at: start, text) else { return nil }
        // A detail may be read on within, so that it must end before the next element begins: one pass.
        let stop = text.first(isDetail ? open : open + [0x2F], from: start) ?? text.count
        guard start < stop, !isDetail || quotesWhatWasSigned(text, start..<stop) else { return nil }
        return SecretSpan(start..<stop, "element")
    }

    /// Azure's detail is half of many diagnoses, such as times of validity, unless it quotes a signature.
    private static func quotesWhatWasSigned(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
        for index in range
        where text.hasIgnoringCase(toSign, at: index) || text.hasIgnoringCase(signatureFound, at: index) {
            return true
        }
        return false
    }

    private static let detail = Array("authenticationerrordetail".utf8)
    private static let toSign = Array("string to sign".utf8)
    private static let signatureFound = Array("signature found".utf8)
    private static let plainOpen: [UInt8] = [0x3C]
    private static let plainClose: [UInt8] = [0x3E]
    private static let escapedOpen = Array("&lt;".utf8)
    private static let escapedClose = Array("&gt;".utf8)
    private static let longestName = 64
    private static let longestAttributes = 512
}
