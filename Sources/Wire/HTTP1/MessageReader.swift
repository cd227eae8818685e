import DequeModule
public import TapeModel

/// Reads one direction of an HTTP/1 connection: heads, content, trailers (RFC 9112).
///
/// Feed it bytes as they come, cut anywhere. It stops behind each message, so that the caller decides what the
/// next octets are: another message, or a protocol that was switched to. Content is never held; parts give ranges
/// into the bytes of the call. After a throw it must not be used again.
public struct MessageReader: Sendable {
    public enum Kind: Sendable, Hashable {
        case request
        case response
    }

    private enum State: Sendable, Hashable {
        case head
        case fixed(remaining: Int64)
        case chunkLine
        case chunk(remaining: Int64)
        case chunkEnd
        case trailers
        case untilClose
    }

    /// Heads above this are refused with 431 by most servers; 64 KiB is what Go's client reads at most, doubled nowhere.
    private static let longestHead = 64 * 1024
    private static let longestChunkLine = 4 * 1024

    private let kind: Kind
    private let strictness: Strictness
    private var state = State.head
    /// Octets of a head, chunk line or trailer section that is not complete yet.
    private var pending: [UInt8] = []
    private var lineStart = 0
    private var started: Instant?
    private var methods: Deque<String> = []
    private var contentOctets: Int64 = 0
    private var chunkOverhead: Int64 = 0

    /// Framing of the message whose head was read last.
    public private(set) var framing = MessageFraming.none

    public init(kind: Kind, strictness: Strictness) {
        self.kind = kind
        self.strictness = strictness
    }

    /// Whether octets of an unfinished message have been read.
    public var isInsideMessage: Bool { state != .head || !pending.isEmpty }

    /// Whether the head of a message has been read and its end has not.
    public var isInsideContent: Bool { state != .head }

    /// Whether the response whose head was read last is final and not interim (RFC 9110 §15.2).
    public private(set) var lastWasFinal = true

    /// Content octets of the current message so far.
    public var contentLength: Int64 { contentOctets }

    /// A response is read in the light of the request that it answers; call once for each request, in order.
    public mutating func expectResponse(toMethod method: String) {
        methods.append(method)
    }

    /// Reads as far as the end of the current message and says how many octets that were.
    public mutating func read(
        _ bytes: Span<UInt8>, at now: Instant, into parts: inout [MessagePart]
    ) throws(MessageRefusal) -> Int {
        var index = 0
        while index < bytes.count {
            let hasEnded: Bool
            switch state {
            case .head: hasEnded = try readHead(bytes, &index, now, &parts)
            case .fixed(let remaining): hasEnded = readFixed(bytes, &index, remaining, &parts)
            case .chunkLine: hasEnded = try readChunkLine(bytes, &index)
            case .chunk(let remaining):
                let count = take(bytes, &index, remaining, &parts)
                state = count == remaining ? .chunkEnd : .chunk(remaining: remaining - count)
                hasEnded = false
            case .chunkEnd: hasEnded = try readChunkEnd(bytes, &index)
            case .trailers: hasEnded = try readTrailers(bytes, &index, &parts)
            case .untilClose:
                _ = take(bytes, &index, Int64.max, &parts)
                hasEnded = false
            }
            if hasEnded {
                finish(&parts)
                return index
            }
        }
        return index
    }

    /// The peer has sent its last octet: ends a message that is delimited by that.
    ///
    /// - Throws: `closed-early` where a message is cut off.
    public mutating func endOfStream(into parts: inout [MessagePart]) throws(MessageRefusal) {
        switch state {
        case .head:
            guard pending.isEmpty else {
                throw MessageRefusal(
                    code: "closed-early", detail: "The connection ended inside a message head.", raw: pending)
            }
        case .untilClose: finish(&parts)
        case .fixed(let remaining):
            let (expected, _) = contentOctets.addingReportingOverflow(remaining)
            throw MessageRefusal(
                code: "closed-early", detail: "The connection ended after \(contentOctets) of \(expected) octets.")
        case .chunkLine, .chunk, .chunkEnd, .trailers:
            throw MessageRefusal(
                code: "closed-early",
                detail: "The connection ended after \(contentOctets) octets of a chunked body, before its last chunk.")
        }
    }

    // MARK: Heads

    private mutating func readHead(
        _ bytes: Span<UInt8>, _ index: inout Int, _ now: Instant, _ parts: inout [MessagePart]
    ) throws(MessageRefusal) -> Bool {
        if pending.isEmpty { started = now }
        guard try collectSection(bytes, &index, limit: Self.longestHead, code: "head-too-large") else { return false }
        let section = pending
        pending = []
        lineStart = 0
        // An empty line before a request is to be ignored (RFC 9112 §2.2).
        if section.allSatisfy({ $0 == Octets.lineFeed || $0 == Octets.carriageReturn }) {
            if strictness == .refusing, section != [Octets.carriageReturn, Octets.lineFeed] {
                throw MessageRefusal(
                    code: "bare-line-feed", detail: "An empty line does not end in CRLF.", raw: section)
            }
            return false
        }
        var lines = try splitLines(section, &parts)
        guard !lines.isEmpty else { return false }
        let startLine = lines.removeFirst()
        var parser = FieldSectionParser(strictness)
        parser.parse(lines)
        for oddity in parser.oddities { try note(oddity.code, oddity.detail, oddity.raw, &parts) }
        switch kind {
        case .request: return try startRequest(startLine, parser.fields, section, &parts)
        case .response: return try startResponse(startLine, parser.fields, section, &parts)
        }
    }

    private mutating func startRequest(
        _ line: ArraySlice<UInt8>, _ fields: [FieldLine], _ section: [UInt8], _ parts: inout [MessagePart]
    ) throws(MessageRefusal) -> Bool {
        let words = line.split(separator: Octets.space, omittingEmptySubsequences: false)
        guard words.count == 3, !words[0].isEmpty, words[0].allSatisfy(Octets.isToken), !words[1].isEmpty,
            words[1].allSatisfy({ $0 > 0x20 && $0 != 0x7F }), let version = Self.version(words[2])
        else {
            throw MessageRefusal(code: "bad-request-line", detail: "The request line is malformed.", raw: Array(line))
        }
        let request = RequestLine(
            method: strictness.text(words[0]), target: strictness.text(words[1]), version: version)
        if strictness == .refusing { try checkHost(fields, version: version, section) }
        parts.append(.requestHead(request, fields, started: started ?? Instant(microseconds: 0)))
        do {
            framing = try FramingRules(fields: fields, isHTTP10: version == "HTTP/1.0").requestFraming()
        } catch {
            throw MessageRefusal(code: error.code, detail: error.detail, raw: section)
        }
        return startContent()
    }

    private mutating func startResponse(
        _ line: ArraySlice<UInt8>, _ fields: [FieldLine], _ section: [UInt8], _ parts: inout [MessagePart]
    ) throws(MessageRefusal) -> Bool {
        let words = line.split(separator: Octets.space, maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count >= 2, let version = Self.version(words[0]), words[1].count == 3,
            let status = Octets.decimal(words[1]), (100...999).contains(status)
        else {
            throw MessageRefusal(code: "bad-status-line", detail: "The status line is malformed.", raw: Array(line))
        }
        let reason = words.count == 3 ? strictness.text(words[2]) : ""
        let head = ResponseHead(status: Int(status), reason: reason, version: version, fields: fields)
        parts.append(.responseHead(head, started: started ?? Instant(microseconds: 0)))
        let isInterim = (100..<200).contains(status) && status != 101
        lastWasFinal = !isInterim
        let method = (isInterim ? methods.first : methods.popFirst()) ?? "GET"
        do {
            framing = try FramingRules(fields: fields, isHTTP10: version == "HTTP/1.0")
                .responseFraming(status: head.status, method: method)
        } catch {
            throw MessageRefusal(code: error.code, detail: error.detail, raw: section)
        }
        return startContent()
    }

    private mutating func startContent() -> Bool {
        contentOctets = 0
        chunkOverhead = 0
        switch framing {
        case .none: return true
        case .length(let length): state = .fixed(remaining: length)
        case .chunked: state = .chunkLine
        case .untilClose: state = .untilClose
        }
        return false
    }

    private func checkHost(_ fields: [FieldLine], version: String, _ section: [UInt8]) throws(MessageRefusal) {
        let hosts = fields.values(of: "host")
        guard hosts.count == 1 || (hosts.isEmpty && version == "HTTP/1.0") else {
            throw MessageRefusal(
                code: "bad-host", detail: "The request has \(hosts.count) Host fields; it must have one.", raw: section)
        }
    }

    private static func version(_ octets: ArraySlice<UInt8>) -> String? {
        switch octets {
        case [0x48, 0x54, 0x54, 0x50, 0x2F, 0x31, 0x2E, 0x31]: "HTTP/1.1"
        case [0x48, 0x54, 0x54, 0x50, 0x2F, 0x31, 0x2E, 0x30]: "HTTP/1.0"
        default: nil
        }
    }

    // MARK: Content

    private mutating func readFixed(
        _ bytes: Span<UInt8>, _ index: inout Int, _ remaining: Int64, _ parts: inout [MessagePart]
    ) -> Bool {
        let count = take(bytes, &index, remaining, &parts)
        state = .fixed(remaining: remaining - count)
        return count == remaining
    }

    private mutating func take(
        _ bytes: Span<UInt8>, _ index: inout Int, _ limit: Int64, _ parts: inout [MessagePart]
    ) -> Int64 {
        let available = bytes.count - index
        let count = limit < Int64(available) ? Int(limit) : available
        if count > 0 { parts.append(.body(index..<index + count)) }
        index += count
        contentOctets = contentOctets.addingReportingOverflow(Int64(count)).partialValue
        return Int64(count)
    }

    private mutating func readChunkLine(_ bytes: Span<UInt8>, _ index: inout Int) throws(MessageRefusal) -> Bool {
        guard try collectLine(bytes, &index, limit: Self.longestChunkLine, code: "bad-chunk") else { return false }
        var line = pending[...]
        pending = []
        guard line.suffix(2) == [Octets.carriageReturn, Octets.lineFeed] else {
            throw MessageRefusal(code: "bad-chunk", detail: "A chunk line does not end in CRLF.", raw: Array(line))
        }
        line.removeLast(2)
        let digits = line.prefix { $0 != UInt8(ascii: ";") }
        let extensions = line.dropFirst(digits.count)
        guard let size = Octets.hexadecimal(digits), extensions.allSatisfy(Octets.isFieldValue) else {
            throw MessageRefusal(
                code: "bad-chunk", detail: "A chunk size is not a plain hexadecimal number.", raw: Array(line))
        }
        chunkOverhead += Int64(line.count) + 4
        // A body of one octet chunks with long extensions costs a server far more than it carries (CVE-2023-39326).
        if strictness == .refusing, chunkOverhead > 16 * 1024, chunkOverhead / 16 > contentOctets &+ size {
            throw MessageRefusal(
                code: "bad-chunk", detail: "The chunk lines are far longer than the content.", raw: Array(line))
        }
        state = size == 0 ? .trailers : .chunk(remaining: size)
        return false
    }

    private mutating func readChunkEnd(_ bytes: Span<UInt8>, _ index: inout Int) throws(MessageRefusal) -> Bool {
        pending.append(bytes[index])
        index += 1
        guard pending.count == 2 || pending == [Octets.carriageReturn] else {
            throw MessageRefusal(code: "bad-chunk", detail: "A chunk is longer than its size said.", raw: pending)
        }
        guard pending.count == 2 else { return false }
        guard pending == [Octets.carriageReturn, Octets.lineFeed] else {
            throw MessageRefusal(code: "bad-chunk", detail: "A chunk is longer than its size said.", raw: pending)
        }
        pending = []
        state = .chunkLine
        return false
    }

    private mutating func readTrailers(
        _ bytes: Span<UInt8>, _ index: inout Int, _ parts: inout [MessagePart]
    ) throws(MessageRefusal) -> Bool {
        guard try collectSection(bytes, &index, limit: Self.longestHead, code: "trailers-too-large") else {
            return false
        }
        let section = pending
        pending = []
        lineStart = 0
        var parser = FieldSectionParser(strictness)
        parser.parse(try splitLines(section, &parts))
        for oddity in parser.oddities { try note(oddity.code, oddity.detail, oddity.raw, &parts) }
        if !parser.fields.isEmpty { parts.append(.trailers(parser.fields)) }
        return true
    }

    private mutating func finish(_ parts: inout [MessagePart]) {
        state = .head
        started = nil
        parts.append(.end)
    }

    // MARK: Lines

    /// Collects until an empty line.
    ///
    /// True when the section, terminator included, is in `pending`.
    private mutating func collectSection(
        _ bytes: Span<UInt8>, _ index: inout Int, limit: Int, code: String
    ) throws(MessageRefusal) -> Bool {
        while index < bytes.count {
            let octet = bytes[index]
            pending.append(octet)
            index += 1
            if octet == Octets.lineFeed {
                let line = pending[lineStart...]
                lineStart = pending.count
                if line.count == 1 || (line.count == 2 && line.first == Octets.carriageReturn) { return true }
            }
            if pending.count > limit {
                throw MessageRefusal(code: code, detail: "The section is longer than \(limit) octets.", raw: pending)
            }
        }
        return false
    }

    private mutating func collectLine(
        _ bytes: Span<UInt8>, _ index: inout Int, limit: Int, code: String
    ) throws(MessageRefusal) -> Bool {
        while index < bytes.count {
            let octet = bytes[index]
            pending.append(octet)
            index += 1
            if octet == Octets.lineFeed { return true }
            if pending.count > limit {
                throw MessageRefusal(code: code, detail: "A line is longer than \(limit) octets.", raw: pending)
            }
        }
        return false
    }

    /// The lines of a section without terminators and without the empty one; odd terminators are noted.
    private func splitLines(
        _ section: [UInt8], _ parts: inout [MessagePart]
    ) throws(MessageRefusal) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        for line in section.split(separator: Octets.lineFeed, omittingEmptySubsequences: false).dropLast() {
            var line = line
            if line.last == Octets.carriageReturn {
                line.removeLast()
            } else {
                try note("bare-line-feed", "A line ends in LF without CR.", Array(line), &parts)
            }
            if line.contains(Octets.carriageReturn) {
                try note("bare-carriage-return", "A line has CR inside.", Array(line), &parts)
            }
            if !line.isEmpty { lines.append(line) }
        }
        return lines
    }

    private func note(
        _ code: String, _ detail: String, _ raw: [UInt8], _ parts: inout [MessagePart]
    ) throws(MessageRefusal) {
        switch strictness {
        case .refusing: throw MessageRefusal(code: code, detail: detail, raw: raw)
        case .witness: parts.append(.anomaly(code: code, detail: detail, raw: raw))
        }
    }
}
