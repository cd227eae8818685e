import Registry
import TapeModel

/// Turns recorded fields into those of an answer: times moved, pseudonyms made safe, absolute URLs told apart.
struct FieldWriter: Sendable {
    let shift: TimeShift
    /// Whether URLs stay as recorded, because they have to be asked for as they stand.
    var keepsURLs = false

    func field(_ line: FieldLine) -> AnswerField {
        let name = line.name
        let value = HeaderText.safe(line.value)
        switch name.lowercasedASCII {
        case "location", "content-location": return AnswerField(name, parts: [url(value)])
        case "link": return AnswerField(name, parts: bracketed(value))
        case "www-authenticate": return AnswerField(name, parts: realm(value))
        case "expires": return AnswerField(name, shift.moved(httpDate: value) ?? value)
        default: return AnswerField(name, value)
        }
    }

    private func url(_ text: String) -> AnswerField.Part {
        let moved = keepsURLs ? text : SignatureClock.moved(text, by: shift)
        // Relative ones stay relative: the client resolves them against what it asked for.
        return TargetURL(moved) == nil ? .text(moved) : .url(moved)
    }

    /// `<target>; rel="next"` (RFC 8288).
    private func bracketed(_ value: String) -> [AnswerField.Part] {
        guard value.utf8.count <= Self.longest, let open = value.firstIndex(of: "<"),
            let close = value[open...].firstIndex(of: ">")
        else { return [.text(value)] }
        let target = String(value[value.index(after: open)..<close])
        return [.text(String(value[...open])), url(target), .text(String(value[close...]))]
    }

    /// The realm of a Bearer challenge is a URL; that of Basic is a name, even where it looks like one.
    private func realm(_ value: String) -> [AnswerField.Part] {
        // Pseudonyms are words by now and every octet is one character, so offsets in small letters are offsets here.
        guard value.utf8.count <= Self.longest, let scheme = value.lowercasedASCII.firstRange(of: "bearer"),
            let start = value[scheme.upperBound...].firstRange(of: "realm=\"")?.upperBound,
            let end = value[start...].firstIndex(of: "\"")
        else { return [.text(value)] }
        return [.text(String(value[..<start])), url(String(value[start..<end])), .text(String(value[end...]))]
    }

    private static let longest = 65_536
}
