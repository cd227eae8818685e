import DequeModule
public import TapeModel

/// Reads one direction of an HTTP/1 connection: heads, content, trailers (RFC 9112).
///
/// Feed it bytes as they come, cut anywhere. It stops behind each message, so that the caller decides what the
/// next octets are: another message, or a protocol that was switched to. Content is never held; parts give ranges
/// into the bytes of the call. A head comes before the anomalies that it has. After a throw it must not be used again.
public struct MessageReader: Sendable {
    public enum Kind: Sendable, Hashable {
        case request
        case response
    }

    private enum State: Sendable {
        case head
        case fixed(remaining: Int64)
        case chunked
        case trailers
        case untilClose
    }

    private let kind: Kind
    private let strictness: Strictness
    private var state = State.head
    private var section: SectionCollector
    private var chunks = ChunkReader()
    private var started: Instant?
    private var asked: Deque<AskedFor> = []
    private var contentOctets: Int64 = 0

    /// Framing of the message whose head was read last.
    public private(set) var framing = MessageFraming.none

    public init(kind: Kind, strictness: Strictness) {
        self.kind = kind
        self.strictness = strictness
        // Who passes messages on answers 431 above 64 KiB, as most servers do. A witness follows what Go's servers
        // and clients exchange by default as far as is needed for any token that is in use, and four times that.
        section = SectionCollector(limit: (strictness == .refusing ? 64 : 256) * 1024)
    }

    /// Whether octets of an unfinished message have been read.
    public var isInsideMessage: Bool { isInsideContent || !section.isEmpty }

    /// Whether the head of a message has been read and its end has not.
    public var isInsideContent: Bool {
        if case .head = state { false } else { true }
    }

    /// Whether the response whose head was read last is final and not interim (RFC 9110 §15.2).
    public private(set) var lastWasFinal = true

    /// Content octets of the current message so far.
    public var contentLength: Int64 { contentOctets }

    /// The octets of a head that is not complete yet, for a report.
    var unfinishedHead: [UInt8] { isInsideContent ? [] : Array(section.held.prefix(Oddity.longestRaw)) }

    /// A response is read in the light of the request that it answers; call once for each request, in order.
    public mutating func expectResponse(toMethod method: String) {
        expectResponse(to: AskedFor(method: method))
    }

    mutating func expectResponse(to asked: AskedFor) { self.asked.append(asked) }

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
            case .chunked:
                try readChunks(bytes, &index, &parts)
                hasEnded = false
            case .trailers: hasEnded = try readTrailers(bytes, &index, &parts)
            case .untilClose:
                content(index..<bytes.count, &parts)
                index = bytes.count
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
            guard section.isEmpty else {
                throw MessageRefusal(
                    code: "closed-early", detail: "The connection ended inside a message head.", raw: unfinishedHead)
            }
        case .untilClose: finish(&parts)
        case .fixed(let remaining):
            let (expected, _) = contentOctets.addingReportingOverflow(remaining)
            throw MessageRefusal(
                code: "closed-early", detail: "The connection ended after \(contentOctets) of \(expected) octets.")
        case .chunked, .trailers:
            throw MessageRefusal(
                code: "closed-early",
                detail: "The connection ended after \(contentOctets) octets of a chunked body, before its end.")
        }
    }

    // MARK: Heads

    private mutating func readHead(
        _ bytes: Span<UInt8>, _ index: inout Int, _ now: Instant, _ parts: inout [MessagePart]
    ) throws(MessageRefusal) -> Bool {
        if section.isEmpty { started = now }
        guard let end = try collect(bytes, &index, code: "head-too-large", isHead: true) else { return false }
        defer { section.reset() }
        if section.isEmpty { return try begin(bytes.extracting(0..<index), from: end, &parts) }
        let held = section.held
        return try begin(held.span, from: 0, &parts)
    }

    /// Looks for the end of the section at `index`, and holds what there is of it where the end is still to come.
    ///
    /// Returns where in `bytes` the section begins, which matters only where nothing of it is held.
    private mutating func collect(
        _ bytes: Span<UInt8>, _ index: inout Int, code: String, isHead: Bool
    ) throws(MessageRefusal) -> Int? {
        let start = index
        let wasEmpty = section.isEmpty
        let outcome = section.find(in: bytes, from: start)
        switch outcome {
        case .complete(let end):
            index = end
            if !wasEmpty { section.hold(bytes, start..<end) }
            return start
        case .incomplete, .tooLong:
            index = bytes.count
            section.hold(bytes, start..<bytes.count)
        }
        // A line that begins no message is told at once, without waiting for a section that will never end. Only a
        // read that brought an LF can have completed the first line.
        if isHead, Octets.firstLineFeed(in: bytes, from: start) != nil { try checkStartLine() }
        guard case .tooLong = outcome else { return nil }
        throw MessageRefusal(
            code: code, detail: "The section is longer than \(section.limit) octets.", raw: section.held)
    }

    private func checkStartLine() throws(MessageRefusal) {
        let held = section.held
        guard let feed = Octets.firstLineFeed(in: held.span, from: 0) else { return }
        let line = 0..<FieldSectionParser.end(ofLine: 0, feed, held.span)
        var ignored: [Oddity] = []
        switch kind {
        case .request: _ = try StartLine.request(held.span, line, strictness, oddities: &ignored)
        case .response: _ = try StartLine.response(held.span, line, strictness, oddities: &ignored)
        }
    }

    private mutating func begin(
        _ head: Span<UInt8>, from start: Int, _ parts: inout [MessagePart]
    ) throws(MessageRefusal) -> Bool {
        guard head.count - start > 2, let feed = Octets.firstLineFeed(in: head, from: start) else {
            try skipEmptyLine(head, from: start, &parts)
            return false
        }
        let line = start..<FieldSectionParser.end(ofLine: start, feed, head)
        var oddities: [Oddity] = []
        if line.upperBound == feed { oddities.append(.bareLineFeed(head, line)) }
        switch kind {
        case .request:
            let request = try StartLine.request(head, line, strictness, oddities: &oddities)
            let parser = FieldSectionParser(head, from: feed + 1, strictness)
            oddities += parser.oddities
            if let oddity = Self.hostOddity(parser.fields, request) { oddities.append(oddity) }
            try refuse(oddities)
            parts.append(.requestHead(request, parser.fields, started: started ?? Instant(microseconds: 0)))
            var rules = FramingRules(fields: parser.fields, isHTTP10: request.version == "HTTP/1.0")
            try frame(head, from: start, oddities, parser, &rules, &parts) { (rules) throws(MessageRefusal) in
                try rules.requestFraming()
            }
        case .response:
            let response = try StartLine.response(head, line, strictness, oddities: &oddities)
            let parser = FieldSectionParser(head, from: feed + 1, strictness)
            oddities += parser.oddities
            try refuse(oddities)
            parts.append(
                .responseHead(
                    ResponseHead(
                        status: response.status, reason: response.reason, version: response.version,
                        fields: parser.fields), started: started ?? Instant(microseconds: 0)))
            lastWasFinal = response.status >= 200 || response.status == 101
            let asked = (lastWasFinal ? asked.popFirst() : asked.first) ?? .content
            var rules = FramingRules(fields: parser.fields, isHTTP10: response.version == "HTTP/1.0")
            try frame(head, from: start, oddities, parser, &rules, &parts) { (rules) throws(MessageRefusal) in
                try rules.responseFraming(status: response.status, asked: asked)
            }
        }
        return startContent()
    }

    /// Empty lines before a message are passed over (RFC 9112 §2.2); behind a response they are odd.
    private func skipEmptyLine(
        _ line: Span<UInt8>, from start: Int, _ parts: inout [MessagePart]
    ) throws(MessageRefusal) {
        if line.count - start == 1 {
            try note([.bareLineFeed(line, start..<start)], &parts)
        } else if kind == .response {
            try note([Oddity("empty-line", "There is an empty line before a response.", isHarmless: true)], &parts)
        }
    }

    /// Decides the framing, after what is odd about the head has been told.
    private mutating func frame(
        _ head: Span<UInt8>, from start: Int, _ oddities: [Oddity], _ parser: FieldSectionParser,
        _ rules: inout FramingRules, _ parts: inout [MessagePart],
        _ decide: (inout FramingRules) throws(MessageRefusal) -> MessageFraming
    ) throws(MessageRefusal) {
        for oddity in oddities { parts.append(.anomaly(code: oddity.code, detail: oddity.detail, raw: oddity.raw)) }
        do throws(MessageRefusal) {
            if let doubt = parser.doubt {
                throw MessageRefusal(
                    code: "disguised-framing", detail: "A field of the framing is written oddly. \(doubt.detail)")
            }
            framing = try decide(&rules)
        } catch {
            throw MessageRefusal(
                code: error.code, detail: error.detail, raw: Octets.copy(head, start..<head.count))
        }
        try note(rules.oddities, &parts)
    }

    private static func hostOddity(_ fields: [FieldLine], _ request: RequestLine) -> Oddity? {
        var count = 0
        for field in fields where field.name.equalsIgnoringASCIICase("host") { count += 1 }
        guard count != 1, count > 0 || request.version != "HTTP/1.0" else { return nil }
        return Oddity("bad-host", "The request has \(count) Host fields; it must have one.")
    }

    private mutating func startContent() -> Bool {
        contentOctets = 0
        switch framing {
        case .none: return true
        case .length(let length): state = .fixed(remaining: length)
        case .chunked:
            chunks = ChunkReader()
            state = .chunked
        case .untilClose: state = .untilClose
        }
        return false
    }

    // MARK: Content

    private mutating func readFixed(
        _ bytes: Span<UInt8>, _ index: inout Int, _ remaining: Int64, _ parts: inout [MessagePart]
    ) -> Bool {
        let available = bytes.count - index
        let count = remaining < Int64(available) ? Int(remaining) : available
        content(index..<index + count, &parts)
        index += count
        state = .fixed(remaining: remaining - Int64(count))
        return Int64(count) == remaining
    }

    private mutating func readChunks(
        _ bytes: Span<UInt8>, _ index: inout Int, _ parts: inout [MessagePart]
    ) throws(MessageRefusal) {
        let step = try chunks.read(bytes, &index, strictness)
        if chunks.hasOddities { try note(chunks.takeOddities(), &parts) }
        switch step {
        case .content(let range): content(range, &parts)
        case .lastChunk: state = .trailers
        case .incomplete: break
        }
    }

    private mutating func content(_ range: Range<Int>, _ parts: inout [MessagePart]) {
        guard !range.isEmpty else { return }
        parts.append(.body(range))
        contentOctets = contentOctets.addingReportingOverflow(Int64(range.count)).partialValue
    }

    private mutating func readTrailers(
        _ bytes: Span<UInt8>, _ index: inout Int, _ parts: inout [MessagePart]
    ) throws(MessageRefusal) -> Bool {
        guard let start = try collect(bytes, &index, code: "trailers-too-large", isHead: false) else { return false }
        defer { section.reset() }
        let held = section.held
        let parser =
            held.isEmpty
            ? FieldSectionParser(bytes.extracting(0..<index), from: start, strictness)
            : FieldSectionParser(held.span, from: 0, strictness)
        try refuse(parser.oddities)
        if !parser.fields.isEmpty { parts.append(.trailers(parser.fields)) }
        try note(parser.oddities, &parts)
        if parser.fields.contains(where: { FieldSectionParser.isFraming($0.name) }) {
            let oddity = Oddity(
                "framing-in-trailers", "The trailer section has a field of the framing.", isHarmless: true)
            try note([oddity], &parts)
        }
        return true
    }

    private mutating func finish(_ parts: inout [MessagePart]) {
        state = .head
        started = nil
        parts.append(.end)
    }

    // MARK: Oddities

    private func note(_ oddities: [Oddity], _ parts: inout [MessagePart]) throws(MessageRefusal) {
        try refuse(oddities)
        for oddity in oddities { parts.append(.anomaly(code: oddity.code, detail: oddity.detail, raw: oddity.raw)) }
    }

    private func refuse(_ oddities: [Oddity]) throws(MessageRefusal) {
        guard strictness == .refusing else { return }
        for oddity in oddities where !oddity.isHarmless {
            throw MessageRefusal(code: oddity.code, detail: oddity.detail, raw: oddity.raw)
        }
    }
}
