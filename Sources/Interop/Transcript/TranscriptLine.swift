import TapeModel

/// A line of a transcript by its first character, without what curl puts in front of it.
struct TranscriptLine {
    enum Kind: Hashable {
        /// `> …`: of a request's head.
        case request(String)
        /// `< …`: of a response's head.
        case response(String)
        /// `* …`
        case note(String)
        /// A line of content, or of a text that is no transcript.
        case text(String)
        /// A progress meter, a count of octets: says nothing.
        case nothing
    }

    var kind: Kind
    /// Microseconds since midnight, where `--trace-time` was on.
    var timeOfDay: Int64?

    /// The lines in what stands between two line feeds: one, but where a progress meter went back to its beginning.
    static func lines(in text: Substring) -> [TranscriptLine] {
        let parts = text.utf8.split(separator: UInt8(ascii: "\r")).map(Substring.init)
        if parts.contains(where: isMeter) { return parts.map(Self.init) }
        return [Self(text.utf8.last == UInt8(ascii: "\r") ? Substring(text.utf8.dropLast()) : text)]
    }

    private init(_ line: Substring) {
        var rest = line
        if Self.isMeter(rest) { rest = Self.behindMeter(rest) }
        timeOfDay = Self.takeTime(&rest)
        if timeOfDay != nil { Self.takeIdentifiers(&rest) }
        kind = Self.kind(of: rest, line)
        // A clock time in front of anything else was part of the content.
        if case .text = kind { timeOfDay = nil }
    }

    private static func kind(of line: Substring, _ whole: Substring) -> Kind {
        if let text = content(of: line, after: ">") { return .request(text) }
        if let text = content(of: line, after: "<") { return .response(text) }
        if let text = content(of: line, after: "*") { return .note(text) }
        if isMeter(line) || isCount(line) { return .nothing }
        return .text(String(whole))
    }

    /// What follows a marker and a blank; a marker alone ends a head.
    private static func content(of line: Substring, after marker: Character) -> String? {
        guard line.first == marker else { return nil }
        let rest = line.dropFirst()
        if rest.isEmpty { return "" }
        return rest.first == " " ? String(rest.dropFirst()) : nil
    }

    /// `{ [357 bytes data]` and `} [3 bytes data]`: content that curl wrote elsewhere.
    private static func isCount(_ line: Substring) -> Bool {
        (line.hasPrefix("{ [") || line.hasPrefix("} [")) && line.hasSuffix(" bytes data]")
    }

    private static func isMeter(_ line: Substring) -> Bool {
        if line.hasPrefix("  % Total ") || line.contains("Dload  Upload") { return true }
        return line.contains("--:--:--") && line.first { $0 != " " }?.isNumber == true
    }

    /// What is printed behind a meter, which ends in no line feed; the meter itself where there is nothing.
    private static func behindMeter(_ line: Substring) -> Substring {
        guard let end = line.ranges(of: "--:--:--").last?.upperBound,
            let marker = line[end...].firstIndex(where: { "*<>".contains($0) })
        else { return line }
        // `…     007:23:37.313576 > GET …`: the last figure of the meter touches the time.
        let start = line.utf8.index(marker, offsetBy: -16, limitedBy: end) ?? marker
        var rest = line[start...]
        return takeTime(&rest) == nil ? line[marker...] : line[start...]
    }

    /// `07:23:37.313576 ` in front of a line.
    private static func takeTime(_ line: inout Substring) -> Int64? {
        let digits = Array(line.utf8.prefix(16))
        guard digits.count == 16, digits[2] == 0x3A, digits[5] == 0x3A, digits[8] == 0x2E, digits[15] == 0x20,
            let instant = Instant(timestamp: "1970-01-01T\(String(decoding: digits[..<15], as: UTF8.self))Z")
        else { return nil }
        line = Substring(line.utf8.dropFirst(16))
        return instant.microseconds
    }

    /// `[0-0] ` of `--trace-ids`.
    private static func takeIdentifiers(_ line: inout Substring) {
        guard line.first == "[", let end = line.firstIndex(of: "]") else { return }
        let inside = line[line.index(after: line.startIndex)..<end]
        guard inside.allSatisfy({ $0.isNumber || $0 == "-" || $0 == "x" }) else { return }
        line = line[line.index(after: end)...].drop { $0 == " " }
    }
}
