import TapeModel

/// Splits a header or trailer section into field lines and names what is odd about them (RFC 9112 §5).
struct FieldSectionParser {
    struct Oddity {
        let code: String
        let detail: String
        let raw: [UInt8]
    }

    /// More than any registry or client sends, far less than would cost us anything.
    static let mostFields = 256

    let strictness: Strictness
    private(set) var fields: [FieldLine] = []
    private(set) var oddities: [Oddity] = []

    init(_ strictness: Strictness) {
        self.strictness = strictness
    }

    /// `lines` without their terminators; a line that ended in a bare LF is marked by the caller.
    mutating func parse(_ lines: [ArraySlice<UInt8>]) {
        fields.reserveCapacity(lines.count)
        for line in lines { parse(line) }
        if fields.count > Self.mostFields {
            note("too-many-fields", "The section has \(fields.count) field lines.", [])
        }
    }

    private mutating func parse(_ line: ArraySlice<UInt8>) {
        if let first = line.first, first == Octets.space || first == Octets.tab {
            note("folded-field", "A field line is folded over two lines, which RFC 9112 §5.2 took away.", line)
            let continuation = strictness.text(Octets.trimmed(line))
            if let last = fields.indices.last {
                fields[last].value += " " + continuation
            }
            return
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
            return note("field-without-colon", "A line of the header section has no colon.", line)
        }
        let name = line[..<colon]
        let value = Octets.trimmed(line[line.index(after: colon)...])
        if name.isEmpty {
            note("empty-field-name", "A field line has no name.", line)
        } else if let last = name.last, last == Octets.space || last == Octets.tab {
            note("space-before-colon", "There is white space between a field name and its colon.", line)
        } else if !name.allSatisfy(Octets.isToken) {
            note("bad-field-name", "A field name has octets that no token may have.", line)
        }
        if !value.allSatisfy(Octets.isFieldValue) {
            note("bad-field-value", "A field value has control octets.", line)
        }
        fields.append(FieldLine(strictness.text(Octets.trimmed(name)), strictness.text(value)))
    }

    private mutating func note(_ code: String, _ detail: String, _ raw: ArraySlice<UInt8>) {
        oddities.append(Oddity(code: code, detail: detail, raw: Array(raw.prefix(4_096))))
    }
}
