import TapeModel

/// Puts exchanges together from the lines of a transcript.
struct TranscriptAssembler {
    /// Where in an exchange the next line belongs.
    enum Part {
        case requestHead, requestBody, responseHead, responseBody
    }

    struct Draft {
        var exchange: Exchange
        var line: Int
        var target: String
        var connection: ConnectionID?
        var body: [Substring] = []
        var octets: Int64?
        var sha256: String?
        var anomalies: [(Anomaly, Int)] = []
        var answered: Instant?
    }

    var entries: [Transcript.Entry] = []
    var seq: Int64 = 0
    var connections = TranscriptConnections()
    var draft: Draft?
    var part = Part.requestHead
    /// When the next exchange starts, and by how much it is timed, where that was said before it.
    var clock: Instant
    /// Whether the text says times of its own; the `Date` of answers is then no guide to when they came.
    var isTimed = false
    var nextTiming = Timing()
    var nextExchange: (seq: Int64, connection: ConnectionID)?
    var nextStream: Int?
    /// What packets showed of the connection that is closed next.
    var nextPackets = PacketCounts()
    private var clockOfDay: (last: Int64, days: Int64)?

    /// When the transcript begins, as far as it tells.
    private let beginning: Instant
    private static let pace: Int64 = 100_000

    init(beginning: Instant) {
        self.beginning = beginning
        clock = beginning
    }

    mutating func handle(_ line: TranscriptLine, number: Int) throws(TranscriptError) {
        let now = line.timeOfDay.map { time(of: $0) }
        if now != nil { isTimed = true }
        switch line.kind {
        case .request(let text): try request(text, number, now)
        case .response(let text): try response(text, number, now)
        case .note(let text):
            let note: TranscriptNote
            do { note = try TranscriptNote(text) } catch { throw TranscriptError(line: number, detail: error.detail) }
            try handle(note, number, now)
        case .text(let text): content(text)
        case .nothing: return
        }
    }

    mutating func finish(number: Int) throws(TranscriptError) -> [Transcript.Entry] {
        close()
        guard !entries.isEmpty else {
            throw TranscriptError(
                line: max(1, number),
                detail: "there is no exchange up to here; a request begins with '> GET https://… HTTP/1.1'")
        }
        return entries
    }

    // MARK: Lines of messages

    private mutating func request(_ text: String, _ number: Int, _ now: Instant?) throws(TranscriptError) {
        if draft != nil, part == .requestHead {
            if text.isEmpty {
                try endRequestHead()
            } else {
                draft?.exchange.request.head.fields.append(try Self.field(text, number))
            }
            return
        }
        if let line = Self.requestLine(text) {
            begin(line, number, now)
        } else if draft != nil, part == .requestBody, !text.isEmpty {
            draft?.exchange.request.trailers.append(try Self.field(text, number))
        } else if !text.isEmpty {
            throw TranscriptError(
                line: number, detail: "a request begins with method, target and version, not with '\(text.prefix(60))'")
        }
    }

    private mutating func response(_ text: String, _ number: Int, _ now: Instant?) throws(TranscriptError) {
        guard draft != nil else { throw TranscriptError(line: number, detail: "an answer without a request before it") }
        if part == .requestHead { try endRequestHead() }
        if part == .responseHead, !text.hasPrefix("HTTP/") {
            if text.isEmpty {
                endResponseHead()
            } else {
                draft?.exchange.response?.head.fields.append(try Self.field(text, number))
            }
            return
        }
        if text.hasPrefix("HTTP/") {
            try beginResponse(text, number, now)
        } else if part == .responseBody, !text.isEmpty {
            draft?.exchange.response?.trailers.append(try Self.field(text, number))
        } else if !text.isEmpty {
            throw TranscriptError(
                line: number, detail: "an answer begins with version and status, not with '\(text.prefix(60))'")
        }
    }

    private mutating func beginResponse(_ text: String, _ number: Int, _ now: Instant?) throws(TranscriptError) {
        let words = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true).map(String.init)
        guard words.count >= 2, let status = Int(words[1]), (100...999).contains(status) else {
            throw TranscriptError(line: number, detail: "'\(text.prefix(60))' has no status")
        }
        takeBody()
        if let response = draft?.exchange.response {
            guard (100..<200).contains(response.head.status) else {
                throw TranscriptError(line: number, detail: "a second answer to one request")
            }
            draft?.exchange.interim.append(response.head)
        }
        draft?.exchange.response = Exchange.Response(
            head: ResponseHead(status: status, reason: words.count > 2 ? words[2] : "", version: words[0], fields: []))
        if let now, let started = draft?.exchange.started {
            draft?.exchange.timing.wait = now.microseconds(since: started)
            draft?.answered = now
        }
        part = .responseHead
    }

    private mutating func endResponseHead() {
        part = .responseBody
        guard !isTimed, let exchange = draft?.exchange,
            let date = exchange.response?.head.fields.first("date").flatMap(Instant.init(httpDate:)),
            date > exchange.started
        else { return }
        draft?.exchange.started = date
    }

    private mutating func content(_ text: String) {
        guard draft != nil, !text.hasPrefix("curl: (") else { return }
        if part == .requestHead || part == .responseHead {
            // A head that its empty line does not end, as in a log that was edited; what follows is content all the same.
            if text.isEmpty { return }
            part = part == .requestHead ? .requestBody : .responseBody
        }
        // curl goes on behind a body that ends in no line feed.
        if let note = text.firstRange(of: "* Connection #") ?? text.firstRange(of: "* Closing connection") {
            draft?.body.append(text[..<note.lowerBound])
        } else {
            draft?.body.append(text[...])
        }
    }

    // MARK: Exchanges

    private mutating func begin(
        _ line: (method: String, target: String, version: String), _ number: Int, _ now: Instant?
    ) {
        close()
        if let now { clock = now }
        draft = Draft(
            exchange: Exchange(
                seq: nextExchange?.seq ?? 0, connection: nextExchange?.connection ?? 0, stream: nextStream,
                source: .imported, started: clock, timing: nextTiming,
                request: Exchange.Request(
                    head: RequestHead(method: line.method, url: line.target, version: line.version, fields: []))),
            line: number, target: line.target, connection: nextExchange?.connection)
        (nextExchange, nextStream, nextTiming) = (nil, nil, Timing())
        part = .requestHead
    }

    private mutating func endRequestHead() throws(TranscriptError) {
        guard var draft else { return }
        part = .requestBody
        let method = draft.exchange.request.head.method
        if method == "CONNECT", let (host, _) = TranscriptConnections.split(draft.target) {
            // Of a tunnel the target is an authority, and the connection is one to the proxy.
            let (id, _) = connections.carrier(
                target: "/", host: connections.current == nil ? host : nil, id: draft.connection,
                at: draft.exchange.started)
            draft.connection = id
        } else {
            let (id, url) = connections.carrier(
                target: draft.target, host: draft.exchange.request.head.fields.first("host"), id: draft.connection,
                at: draft.exchange.started)
            draft.connection = id
            draft.exchange.request.head.url = url
        }
        draft.exchange.connection = draft.connection ?? 1
        self.draft = draft
    }

    /// The exchange in hand is whole.
    mutating func close() {
        guard draft != nil else { return }
        if part == .requestHead { try? endRequestHead() }
        takeBody()
        guard let draft else { return }
        self.draft = nil
        var exchange = draft.exchange
        if exchange.error != nil, exchange.response?.body.stored == .inline {
            exchange.response?.body.stored = .partial
        }
        advance(to: exchange.started, by: exchange.timing.duration)
        // A tunnel that came up is part of the connection, as in our own recordings.
        if exchange.request.head.method == "CONNECT",
            exchange.response.map({ (200..<300).contains($0.head.status) }) ?? false
        {
            connections.tunnel(to: draft.target)
            return
        }
        if let record = connections.record(of: exchange.connection) { append(record, line: draft.line) }
        for (anomaly, line) in draft.anomalies { append(.anomaly(anomaly), line: line) }
        // A number that the text gives is kept where it leaves the order as it is.
        seq = exchange.seq > seq ? exchange.seq : seq + 1
        exchange.seq = seq
        entries.append(Transcript.Entry(seq: seq, line: draft.line, record: .exchange(exchange)))
    }

    /// Gives the lines of content to the message above them.
    private mutating func takeBody() {
        guard var draft else { return }
        let isRequest = part == .requestHead || part == .requestBody
        let fields = isRequest ? draft.exchange.request.head.fields : draft.exchange.response?.head.fields ?? []
        var body = TranscriptBody.body(lines: draft.body, octets: draft.octets, fields: fields)
        if let sha256 = draft.sha256 { body.sha256 = sha256 }
        if isRequest { draft.exchange.request.body = body } else { draft.exchange.response?.body = body }
        draft.body = []
        draft.octets = nil
        draft.sha256 = nil
        self.draft = draft
    }

    mutating func append(_ record: TapeRecord, line: Int) {
        seq += 1
        entries.append(Transcript.Entry(seq: seq, line: line, record: record))
    }

    mutating func advance(to started: Instant, by duration: Int64 = 0) {
        let next = started.microseconds.addingReportingOverflow(max(Self.pace, duration))
        clock = Instant(microseconds: next.overflow ? started.microseconds : next.partialValue)
    }

    // MARK: Parts of lines

    private static func requestLine(_ text: String) -> (method: String, target: String, version: String)? {
        let words = text.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        guard words.count == 3, words[2].hasPrefix("HTTP/"),
            words[0].allSatisfy({ $0.isASCII && ($0.isLetter || $0 == "-") })
        else { return nil }
        return (words[0], words[1], words[2])
    }

    private static func field(_ text: String, _ number: Int) throws(TranscriptError) -> FieldLine {
        guard let colon = text.firstIndex(of: ":"), colon > text.startIndex else {
            throw TranscriptError(line: number, detail: "'\(text.prefix(60))' is no header field: it has no colon")
        }
        let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
        return FieldLine(String(text[..<colon]), String(value))
    }

    /// A clock time on the day of the transcript; one that goes back by hours is on the next day.
    private mutating func time(of day: Int64) -> Instant {
        var days = clockOfDay?.days ?? 0
        if let last = clockOfDay?.last, last - day > 43_200_000_000 { days += 1 }
        clockOfDay = (day, days)
        let midnight = beginning.microseconds - beginning.microseconds % 86_400_000_000
        let sum = midnight.addingReportingOverflow(days * 86_400_000_000 + day)
        return sum.overflow ? beginning : Instant(microseconds: sum.partialValue)
    }
}
