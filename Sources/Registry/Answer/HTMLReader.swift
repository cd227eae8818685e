/// Reads what a person would of an HTML page: its title and the text that shows.
///
/// Never a tree, never a script.
struct HTMLReader {
    private var rest: ArraySlice<UInt8>
    private var title: [UInt8]?
    private var text: [UInt8] = []

    private static let longestText = 4_096
    private static let longestTitle = 512

    /// Whether the content is a page: by its document type, or by the first element that only HTML has.
    static func isPage(_ octets: ArraySlice<UInt8>) -> Bool {
        var rest = octets
        // A declaration, comments and blanks may stand in front: lighttpd sends XHTML.
        for _ in 0..<8 {
            rest = rest.drop { $0 <= 0x20 }
            let start = rest.prefix(16).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
            if start.starts(with: "<!doctype html".utf8) { return true }
            if start.starts(with: "<?".utf8) || start.starts(with: "<!--".utf8) {
                guard let end = rest.firstIndex(of: 0x3E) else { return false }
                rest = rest[(end + 1)...]
                continue
            }
            return ["<html", "<head", "<body", "<h1", "<center", "<title", "<p>", "<div", "<meta", "<script", "<br"]
                .contains { start.starts(with: $0.utf8) }
        }
        return false
    }

    static func page(_ octets: ArraySlice<UInt8>) -> HTMLPage {
        var reader = HTMLReader(rest: octets)
        while !reader.rest.isEmpty, reader.text.count < longestText { reader.step() }
        return HTMLPage(
            title: reader.title.map { folded(CharacterReferences.replaced($0[...]), longest: longestTitle) },
            text: folded(CharacterReferences.replaced(reader.text[...]), longest: longestText))
    }

    private mutating func step() {
        let shown = rest.prefix { $0 != 0x3C }
        text += shown
        rest = rest.dropFirst(shown.count)
        guard !rest.isEmpty else { return }
        if rest.starts(with: "<!--".utf8) {
            rest = Self.find("-->", in: rest).map { rest[$0...].dropFirst(3) } ?? []
            return
        }
        let name = Self.lowercased(rest.dropFirst().prefix { $0 > 0x20 && $0 != 0x3E && $0 != 0x2F }.prefix(16))
        rest = rest.firstIndex(of: 0x3E).map { rest[($0 + 1)...] } ?? []
        // A tag parts words, as a line does on the screen; `<b>` in the middle of one is rarer than `<br>`.
        text.append(0x20)
        switch name {
        case "title":
            let content = takeContent(of: "title")
            if title == nil { title = Array(content) }
        case "script", "style", "template", "noscript", "svg": _ = takeContent(of: name)
        default: break
        }
    }

    /// What stands before the end tag, which is taken along.
    private mutating func takeContent(of name: String) -> ArraySlice<UInt8> {
        guard let end = Self.find("</" + name, in: rest) else {
            defer { rest = [] }
            return rest
        }
        let content = rest[..<end]
        rest = rest[end...].firstIndex(of: 0x3E).map { rest[($0 + 1)...] } ?? []
        return content
    }

    /// White space as one blank, cut to `longest` octets at a character's edge.
    private static func folded(_ octets: ArraySlice<UInt8>, longest: Int) -> String {
        var result: [UInt8] = []
        var isBetween = false
        for octet in octets {
            if octet <= 0x20 {
                isBetween = !result.isEmpty
                continue
            }
            guard result.count + 1 < longest else { break }
            if isBetween { result.append(0x20) }
            isBetween = false
            result.append(octet)
        }
        while let last = result.last, last & 0xC0 == 0x80, result.count >= longest - 4 { result.removeLast() }
        if let last = result.last, last >= 0xC0 { result.removeLast() }
        return String(decoding: result, as: UTF8.self)
    }

    private static func lowercased(_ octets: ArraySlice<UInt8>) -> String {
        String(decoding: octets.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    /// Without regard to ASCII case.
    private static func find(_ mark: String, in octets: ArraySlice<UInt8>) -> Int? {
        let wanted = Array(mark.utf8)
        guard let first = wanted.first else { return nil }
        var place = octets.startIndex
        while let next = octets[place...].firstIndex(of: first) {
            let piece = octets[next...].prefix(wanted.count).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
            if piece == wanted { return next }
            place = next + 1
        }
        return nil
    }

    private init(rest: ArraySlice<UInt8>) { self.rest = rest }
}
