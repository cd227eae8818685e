/// Why an XML document is not read.
struct XMLRefusal: Error, Hashable {
    var reason: String
}

/// Reads the elements of a small XML document, as the errors of storage services are (REGISTRY-FACTS.md §5).
///
/// Not a general parser, on purpose: a document type is refused, so there are no entities that expand or that lead
/// elsewhere; of references only the five predefined ones and numbers are known (XML 1.0 §4.6). Depth, number and
/// length have limits, and each octet is looked at once.
struct XMLReader {
    struct Element: Sendable, Hashable {
        /// Without its namespace prefix.
        var name: String
        /// The text directly within it, trimmed.
        var text: String
        var hasChildren: Bool
    }

    private var rest: ArraySlice<UInt8>
    private var elements: [Element] = []
    /// Places of the open elements, outermost first.
    private var open: [Int] = []
    private var texts: [[UInt8]] = []

    private static let deepest = 16
    private static let mostElements = 256
    /// S3 echoes the string that was signed, which may hold all of a request's head.
    private static let longestText = 16_384

    /// Every element in order of its beginning, the root first; a document that breaks off gives what it had.
    static func elements(_ octets: ArraySlice<UInt8>) throws(XMLRefusal) -> [Element] {
        var reader = XMLReader(rest: octets)
        while let octet = reader.rest.first {
            if octet == 0x3C { try reader.markup() } else { reader.text() }
        }
        while !reader.open.isEmpty { reader.close() }
        return reader.elements
    }

    private mutating func markup() throws(XMLRefusal) {
        let behind = rest.dropFirst()
        switch behind.first {
        case 0x3F: skip(past: "?>")
        case 0x21 where behind.starts(with: "!--".utf8): skip(past: "-->")
        case 0x21 where behind.starts(with: "![CDATA[".utf8):
            rest = behind.dropFirst(8)
            let end = Self.find("]]>", in: rest)
            append(rest[..<(end ?? rest.endIndex)])
            rest = end.map { rest[$0...].dropFirst(3) } ?? []
        case 0x21: throw XMLRefusal(reason: "XML with a document type")
        case 0x2F:
            skip(past: ">")
            close()
        default: try element(behind)
        }
    }

    private mutating func element(_ behind: ArraySlice<UInt8>) throws(XMLRefusal) {
        let name = behind.prefix { $0 > 0x20 && $0 != 0x2F && $0 != 0x3E }
        guard !name.isEmpty, name.count <= 256 else { throw XMLRefusal(reason: "XML with a tag that is none") }
        guard open.count < Self.deepest else { throw XMLRefusal(reason: "XML that is nested too deeply") }
        guard elements.count < Self.mostElements else { throw XMLRefusal(reason: "XML with too many elements") }
        if let parent = open.last { elements[parent].hasChildren = true }
        let local = name.lastIndex(of: 0x3A).map { name[($0 + 1)...] } ?? name
        open.append(elements.count)
        texts.append([])
        elements.append(Element(name: String(decoding: local, as: UTF8.self), text: "", hasChildren: false))
        rest = behind.dropFirst(name.count)
        if skipAttributes() { close() }
    }

    /// - Returns: whether the tag closes itself.
    private mutating func skipAttributes() -> Bool {
        var quote: UInt8?
        var previous: UInt8 = 0
        while let octet = rest.popFirst() {
            if let open = quote {
                if octet == open { quote = nil }
            } else if octet == 0x22 || octet == 0x27 {
                quote = octet
            } else if octet == 0x3E {
                return previous == 0x2F
            }
            previous = octet
        }
        return false
    }

    private mutating func close() {
        guard let place = open.popLast(), let text = texts.popLast() else { return }
        elements[place].text = String(decoding: Self.trimmed(text[...]), as: UTF8.self)
    }

    private mutating func text() {
        let end = rest.firstIndex(of: 0x3C) ?? rest.endIndex
        append(CharacterReferences.replaced(rest[..<end]))
        rest = rest[end...]
    }

    private mutating func append(_ octets: ArraySlice<UInt8>) {
        guard let last = texts.indices.last else { return }
        texts[last] += octets.prefix(max(0, Self.longestText - texts[last].count))
    }

    private mutating func skip(past mark: String) {
        rest = Self.find(mark, in: rest).map { rest[$0...].dropFirst(mark.utf8.count) } ?? []
    }

    private static func trimmed(_ octets: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var octets = octets.drop { $0 <= 0x20 }
        while let last = octets.last, last <= 0x20 { octets.removeLast() }
        return octets
    }

    private static func find(_ mark: String, in octets: ArraySlice<UInt8>) -> Int? {
        guard let first = mark.utf8.first else { return nil }
        var place = octets.startIndex
        while let next = octets[place...].firstIndex(of: first) {
            if octets[next...].starts(with: mark.utf8) { return next }
            place = next + 1
        }
        return nil
    }

    private init(rest: ArraySlice<UInt8>) { self.rest = rest }
}

/// `&amp;`, `&#60;` and the like (XML 1.0 §4.1, §4.6); what is none of them stays as it stands.
enum CharacterReferences {
    static func replaced(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard text.contains(0x26) else { return text }
        var result: [UInt8] = []
        var rest = text
        while let octet = rest.popFirst() {
            if octet == 0x26, let end = rest.prefix(longest).firstIndex(of: 0x3B),
                let character = character(rest[..<end])
            {
                result += Array(String(character).utf8)
                rest = rest[(end + 1)...]
            } else {
                result.append(octet)
            }
        }
        return result[...]
    }

    /// `#x10FFFF;` has nine octets.
    private static let longest = 10

    private static func character(_ name: ArraySlice<UInt8>) -> Unicode.Scalar? {
        switch String(decoding: name, as: UTF8.self) {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        case let text where text.hasPrefix("#x"):
            return UInt32(text.dropFirst(2), radix: 16).flatMap(Unicode.Scalar.init)
        case let text where text.hasPrefix("#"): return UInt32(text.dropFirst()).flatMap(Unicode.Scalar.init)
        default: return nil
        }
    }
}
