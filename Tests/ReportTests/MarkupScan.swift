/// The tags of a document as a browser's tokenizer sees them, for documents in which every `<` begins a tag.
struct MarkupScan {
    struct Tag: Hashable {
        var name: String
        var attributes: [String: String] = [:]
    }

    /// Opening and closing tags in order; a closing one begins with a slash.
    private(set) var tags: [Tag] = []
    /// What could not be read as a tag.
    private(set) var trouble: [String] = []

    init(_ text: String) {
        var rest = Array(text.unicodeScalars)[...]
        while let start = rest.firstIndex(of: "<") {
            rest = rest[(start + 1)...]
            if rest.starts(with: "!DOCTYPE html>".unicodeScalars) || rest.first == "?" { continue }
            guard let tag = Self.tag(&rest) else {
                trouble.append(String(String.UnicodeScalarView(rest.prefix(60))))
                continue
            }
            tags.append(tag)
            guard tag.name == "style" else { continue }
            // Raw text up to its end tag.
            while !rest.isEmpty, !rest.starts(with: "</style>".unicodeScalars) { rest = rest.dropFirst() }
        }
    }

    private static func tag(_ rest: inout ArraySlice<Unicode.Scalar>) -> Tag? {
        var tag = Tag(name: word(&rest))
        guard !tag.name.isEmpty else { return nil }
        while true {
            while rest.first == " " || rest.first == "\n" { rest = rest.dropFirst() }
            if rest.first == "/" { rest = rest.dropFirst() }
            if rest.first == ">" {
                rest = rest.dropFirst()
                return tag
            }
            let name = word(&rest)
            guard !name.isEmpty, rest.starts(with: "=\"".unicodeScalars) else { return nil }
            rest = rest.dropFirst(2)
            guard let end = rest.firstIndex(of: "\"") else { return nil }
            tag.attributes[name] = String(String.UnicodeScalarView(rest[..<end]))
            rest = rest[(end + 1)...]
        }
    }

    private static func word(_ rest: inout ArraySlice<Unicode.Scalar>) -> String {
        var word = String.UnicodeScalarView()
        while let scalar = rest.first,
            scalar.properties.isAlphabetic || "/!-:0123456789".unicodeScalars.contains(scalar)
        {
            if scalar == "/", !word.isEmpty { break }
            word.append(scalar)
            rest = rest.dropFirst()
        }
        return String(word)
    }
}
