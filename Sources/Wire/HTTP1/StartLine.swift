import TapeModel

/// The first line of a message, and what is odd about it (RFC 9112 §3, §4).
enum StartLine {
    /// - Throws: `bad-request-line` where the line has no method or no version of HTTP/1.
    static func request(
        _ section: Span<UInt8>, _ line: Range<Int>, _ strictness: Strictness, oddities: inout [Oddity]
    ) throws(MessageRefusal) -> RequestLine {
        guard let methodEnd = Octets.first(Octets.space, in: section, line),
            let lastSpace = line.reversed().first(where: { section[$0] == Octets.space }),
            methodEnd > line.lowerBound, lastSpace > methodEnd + 1,
            Octets.allSatisfy(section, line.lowerBound..<methodEnd, Octets.isToken),
            let version = version(section, lastSpace + 1..<line.upperBound)
        else {
            throw refusal("bad-request-line", "The request line is malformed.", section, line)
        }
        let target = methodEnd + 1..<lastSpace
        check(version, section, line, &oddities)
        if !Octets.allSatisfy(section, target, { $0 > 0x20 && $0 != 0x7F }) {
            oddities.append(
                Oddity("bad-request-target", "The request target has blanks or control octets.", section, line))
        } else if !Octets.allSatisfy(section, target, { $0 < 0x80 }) {
            oddities.append(
                Oddity(
                    "bad-request-target", "The request target has octets that are not ASCII.", section, line,
                    isHarmless: true))
        }
        return RequestLine(
            method: strictness.text(section, line.lowerBound..<methodEnd), target: strictness.text(section, target),
            version: version)
    }

    /// - Throws: `bad-status-line` where the line has no version of HTTP/1 or no status of three digits.
    static func response(
        _ section: Span<UInt8>, _ line: Range<Int>, _ strictness: Strictness, oddities: inout [Oddity]
    ) throws(MessageRefusal) -> (version: String, status: Int, reason: String) {
        let codeStart = line.lowerBound + 9
        let codeEnd = codeStart + 3
        guard line.count >= 12, section[codeStart - 1] == Octets.space,
            let version = version(section, line.lowerBound..<codeStart - 1),
            let status = Octets.decimal(Octets.copy(section, codeStart..<codeEnd)), status >= 100,
            line.count == 12 || section[codeEnd] == Octets.space
        else {
            throw refusal("bad-status-line", "The status line is malformed.", section, line)
        }
        check(version, section, line, &oddities)
        let reason = line.count == 12 ? codeEnd..<codeEnd : codeEnd + 1..<line.upperBound
        if !Octets.allSatisfy(section, reason, Octets.isFieldValue) {
            oddities.append(Oddity("bad-reason", "The reason phrase has control octets.", section, line))
        }
        return (version, Int(status), strictness.text(section, reason))
    }

    /// `HTTP/1.0`, `HTTP/1.1`, or a later minor version, which is read like 1.1 (RFC 9110 §2.5).
    private static func version(_ section: Span<UInt8>, _ word: Range<Int>) -> String? {
        guard word.count == 8, Octets.text(section, word.lowerBound..<word.upperBound - 1) == "HTTP/1." else {
            return nil
        }
        switch section[word.upperBound - 1] {
        case 0x31: return "HTTP/1.1"
        case 0x30: return "HTTP/1.0"
        case 0x32...0x39: return Octets.text(section, word)
        default: return nil
        }
    }

    private static func check(
        _ version: String, _ section: Span<UInt8>, _ line: Range<Int>, _ oddities: inout [Oddity]
    ) {
        guard version != "HTTP/1.1", version != "HTTP/1.0" else { return }
        oddities.append(Oddity("bad-version", "There is no \(version).", section, line))
    }

    private static func refusal(
        _ code: String, _ detail: String, _ section: Span<UInt8>, _ line: Range<Int>
    ) -> MessageRefusal {
        let end = min(line.upperBound, line.lowerBound + Oddity.longestRaw)
        return MessageRefusal(code: code, detail: detail, raw: Octets.copy(section, line.lowerBound..<end))
    }
}
