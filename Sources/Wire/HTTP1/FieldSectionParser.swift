import TapeModel

/// Splits a header or trailer section into field lines and names what is odd about them (RFC 9112 §5).
struct FieldSectionParser {
    /// More than any registry or client sends, far less than would cost us anything.
    static let mostFields = 256
    /// A section of nothing but odd lines is told by a few of them.
    private static let mostOddities = 16

    private let strictness: Strictness
    private(set) var fields: [FieldLine] = []
    private(set) var oddities: [Oddity] = []
    /// A line that is odd and names a field on which the length of the message depends, so that readers would differ.
    private(set) var doubt: Oddity?

    /// Reads the lines of `section` from `start` up to its empty line.
    init(_ section: Span<UInt8>, from start: Int, _ strictness: Strictness) {
        self.strictness = strictness
        fields.reserveCapacity(16)
        var lineStart = start
        while let feed = Octets.firstLineFeed(in: section, from: lineStart) {
            let end = Self.end(ofLine: lineStart, feed, section)
            if end == feed { note(.bareLineFeed(section, lineStart..<end), section, lineStart..<end) }
            if end > lineStart { parseLine(section, lineStart..<end) }
            lineStart = feed + 1
        }
        if fields.count > Self.mostFields {
            oddities.append(Oddity("too-many-fields", "The section has \(fields.count) field lines."))
        }
    }

    /// Where the line that LF at `feed` ends has its last octet, a CR before LF left out.
    static func end(ofLine start: Int, _ feed: Int, _ section: Span<UInt8>) -> Int {
        feed > start && section[feed - 1] == Octets.carriageReturn ? feed - 1 : feed
    }

    private mutating func parseLine(_ section: Span<UInt8>, _ line: Range<Int>) {
        if Octets.isBlank(section[line.lowerBound]) { return fold(section, line) }
        var isToken = true
        var colon = line.lowerBound
        while colon < line.upperBound, section[colon] != Octets.colon {
            isToken = isToken && Octets.isToken(section[colon])
            colon += 1
        }
        guard colon < line.upperBound else {
            return note("field-without-colon", "A line of the header section has no colon.", section, line)
        }
        let name = line.lowerBound..<colon
        if name.isEmpty {
            note("empty-field-name", "A field line has no name.", section, line)
        } else if Octets.isBlank(section[colon - 1]) {
            note("space-before-colon", "There is white space between a field name and its colon.", section, line)
        } else if !isToken {
            note("bad-field-name", "A field name has octets that no token may have.", section, line)
        }
        let value = Octets.trimmed(section, colon + 1..<line.upperBound)
        checkValue(section, value, line)
        fields.append(
            FieldLine(
                strictness.text(section, Octets.trimmed(section, name)), strictness.text(section, value)))
    }

    private mutating func checkValue(_ section: Span<UInt8>, _ value: Range<Int>, _ line: Range<Int>) {
        var isAllowed = true
        var union: UInt8 = 0
        for index in value {
            let octet = section[index]
            isAllowed = isAllowed && Octets.isFieldValue(octet)
            union |= octet
        }
        if !isAllowed {
            if Octets.first(Octets.carriageReturn, in: section, value) != nil {
                note("bare-carriage-return", "A line has CR inside.", section, line)
            } else {
                note("bad-field-value", "A field value has control octets.", section, line)
            }
        }
        if union >= 0x80, !Octets.isUTF8(section, value) {
            oddities.append(
                Oddity(
                    "field-not-utf8", "A field value has octets that are not UTF-8; they are read as ISO 8859-1.",
                    section, line, isHarmless: true))
        }
    }

    private mutating func fold(_ section: Span<UInt8>, _ line: Range<Int>) {
        note("folded-field", "A field line is folded over two lines, which RFC 9112 §5.2 took away.", section, line)
        guard let last = fields.indices.last else { return }
        fields[last].value += " " + strictness.text(section, Octets.trimmed(section, line))
        if Self.isFraming(fields[last].name) { doubt = doubt ?? oddities.last }
    }

    private mutating func note(_ code: String, _ detail: String, _ section: Span<UInt8>, _ line: Range<Int>) {
        note(Oddity(code, detail, section, line), section, line)
    }

    private mutating func note(_ oddity: Oddity, _ section: Span<UInt8>, _ line: Range<Int>) {
        // An LF alone changes nothing about the line itself; every other oddity may hide what the line means.
        if doubt == nil, oddity.code != "bare-line-feed" {
            let text = Octets.text(section, line).lowercasedASCII
            if text.contains("content-length") || text.contains("transfer-encoding") { doubt = oddity }
        }
        if oddities.count < Self.mostOddities { oddities.append(oddity) }
    }

    static func isFraming(_ name: String) -> Bool {
        name.equalsIgnoringASCIICase("content-length") || name.equalsIgnoringASCIICase("transfer-encoding")
    }
}
