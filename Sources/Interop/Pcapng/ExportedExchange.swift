import TapeModel

/// The messages of one exchange, framed anew and timed as they were.
struct ExportedExchange {
    struct Part {
        var side: Side
        var message: OutgoingMessage
    }

    /// The request first, then interim answers, then the answer.
    private(set) var parts: [Part] = []
    /// The answer ends with the connection, since nothing else says where (RFC 9112 §6.3).
    private(set) var endsWithConnection = false

    private let exchange: Exchange
    private let planned: ExportPlan.PlannedExchange
    private let isLast: Bool
    private let started: Int64
    private let sent: Int64
    private let answered: Int64
    private let over: Int64

    /// `isLast` on its connection.
    init(
        _ exchange: Exchange, _ planned: ExportPlan.PlannedExchange, isHTTP2: Bool, isLast: Bool,
        from content: some ExportContent, losses: inout ExportLosses
    ) throws {
        self.exchange = exchange
        self.planned = planned
        self.isLast = isLast
        started = ExportTime.bounded(exchange.started)
        sent = ExportTime.bounded(exchange.timing.send)
        answered = started + sent + ExportTime.bounded(exchange.timing.wait)
        over = answered + ExportTime.bounded(exchange.timing.receive)
        var request = try ExportedBody(exchange.request.body, from: content, losses: &losses)
        if exchange.request.head.method == "CONNECT" { request.leaveOut() }
        var response = try exchange.response.map { try ExportedBody($0.body, from: content, losses: &losses) } ?? .none
        if isWithoutContent { response.leaveOut() }
        if isHTTP2 { frames(request, response, &losses) } else { lines(request, response, &losses) }
    }

    /// Answers that end with their head, whatever that says of a length (RFC 9110 §6.4.1).
    private var isWithoutContent: Bool {
        guard let status = exchange.response?.head.status else { return true }
        return exchange.request.head.method == "HEAD" || (100..<200).contains(status) || status == 204 || status == 304
    }

    private var isRequestBroken: Bool { exchange.error != nil && exchange.request.body.stored == .partial }
    private var isResponseBroken: Bool { exchange.error != nil }

    private func comments(_ side: Side, _ body: ExportedBody) -> [String] {
        var comments = ["exchange \(planned.seq)" + (side == .client ? "" : ", answer")]
        if side == .client, let error = exchange.error {
            comments.append("failed (\(error.party.rawValue), \(error.code)): \(error.detail)")
        }
        return comments + body.notes
    }

    private mutating func add(
        _ side: Side, at start: Int64, for duration: Int64, comments: [String], head: [UInt8],
        body: ExportedBody = .none, framing: OutgoingMessage.Framing = .identity, tail: [UInt8] = []
    ) {
        parts.append(
            Part(
                side: side,
                message: OutgoingMessage(
                    start: start, duration: duration, comments: comments, head: head, body: body, framing: framing,
                    tail: tail)))
    }

    /// A client that waits for leave to send its content has sent its head by then (RFC 9110 §10.1.1).
    private func time(ofInterim head: ResponseHead) -> Int64 { head.status == 100 ? started : answered }

    // MARK: HTTP/1

    private mutating func lines(_ request: ExportedBody, _ response: ExportedBody, _ losses: inout ExportLosses) {
        let head = exchange.request.head
        var framed = MessageFraming(head.fields, request, isBroken: isRequestBroken, isRequest: true, isLast: isLast)
        if framed.isChanged { losses.changedFraming += 1 }
        add(
            .client, at: started, for: sent, comments: comments(.client, request) + framed.notes,
            head: HTTP1Head.request(head, fields: framed.fields), body: request, framing: framed.framing,
            tail: framed.tail(exchange.request.trailers))
        for interim in exchange.interim {
            add(
                .server, at: time(ofInterim: interim), for: 0,
                comments: ["exchange \(planned.seq), interim answer"],
                head: HTTP1Head.response(interim, fields: interim.fields))
        }
        guard let answer = exchange.response else { return }
        if isWithoutContent {
            return add(
                .server, at: answered, for: over - answered, comments: comments(.server, response),
                head: HTTP1Head.response(answer.head, fields: answer.head.fields))
        }
        framed = MessageFraming(
            answer.head.fields, response, isBroken: isResponseBroken, isRequest: false, isLast: isLast)
        if framed.isChanged { losses.changedFraming += 1 }
        endsWithConnection = framed.endsWithConnection
        add(
            .server, at: answered, for: over - answered, comments: comments(.server, response) + framed.notes,
            head: HTTP1Head.response(answer.head, fields: framed.fields), body: response, framing: framed.framing,
            tail: framed.tail(answer.trailers))
    }

    // MARK: HTTP/2

    private mutating func frames(_ request: ExportedBody, _ response: ExportedBody, _ losses: inout ExportLosses) {
        let stream = planned.stream
        let head = exchange.request.head
        let place = ExportedTarget(head.url)
        var pseudo = [FieldLine(":method", head.method)]
        if head.method != "CONNECT" {
            pseudo += [FieldLine(":scheme", place.scheme), FieldLine(":path", place.path)]
        }
        pseudo.insert(FieldLine(":authority", place.authority), at: pseudo.count == 1 ? 1 : 2)
        let reset = resetSide
        add(
            .client, at: started, for: sent, stream, pseudo, head.fields, request, exchange.request.trailers,
            isBroken: isRequestBroken, isReset: reset == .client, &losses)
        for interim in exchange.interim {
            add(
                .server, at: time(ofInterim: interim), for: 0,
                comments: ["exchange \(planned.seq), interim answer"],
                head: HTTP2Frames.fields(
                    [FieldLine(":status", String(interim.status))] + interim.fields, stream: stream, endsStream: false))
        }
        if let answer = exchange.response {
            add(
                .server, at: answered, for: over - answered, stream,
                [FieldLine(":status", String(answer.head.status))], answer.head.fields, response, answer.trailers,
                isBroken: isResponseBroken, isReset: reset == .server, &losses)
        } else if reset == .server {
            add(
                .server, at: over, for: 0, comments: ["exchange \(planned.seq), given up"], head: [],
                tail: HTTP2Frames.resetStream(stream, code: resetCode))
        }
    }

    private mutating func add(
        _ side: Side, at start: Int64, for duration: Int64, _ stream: Int, _ pseudo: [FieldLine],
        _ fields: [FieldLine], _ body: ExportedBody, _ trailers: [FieldLine], isBroken: Bool, isReset: Bool,
        _ losses: inout ExportLosses
    ) {
        let isWhole = !isBroken
        let framed = MessageFraming(frames: fields, body, isBroken: isBroken || (side == .server && isWithoutContent))
        if framed.isChanged { losses.changedFraming += 1 }
        let endsWithHead = isWhole && body.count == 0 && trailers.isEmpty
        var tail =
            trailers.isEmpty || isBroken ? [] : HTTP2Frames.fields(trailers, stream: stream, endsStream: isWhole)
        if isReset { tail += HTTP2Frames.resetStream(stream, code: resetCode) }
        add(
            side, at: start, for: duration, comments: comments(side, body) + framed.notes,
            head: HTTP2Frames.fields(pseudo + framed.fields, stream: stream, endsStream: endsWithHead), body: body,
            framing: .frames(stream: stream, endsStream: isWhole && trailers.isEmpty), tail: tail)
    }

    /// Who gave the stream up; nobody where the connection ended under it, which is told by its own end.
    private var resetSide: Side? {
        guard let error = exchange.error, !Self.endsOfConnections.contains(error.code) else { return nil }
        return error.party == .client ? .client : .server
    }

    /// CANCEL by a client, REFUSED_STREAM where the server went away, INTERNAL_ERROR for the rest (RFC 9113 §7).
    private var resetCode: UInt32 {
        guard let error = exchange.error else { return 0 }
        return error.party == .client ? 8 : error.code == "goaway" ? 7 : 2
    }

    private static let endsOfConnections: Set<String> = [
        "client-left", "closed-early", "connection-closed", "connection-failed", "connection-reset",
        "missing-close-notify", "not-decrypted", "not-followed", "recording-stopped", "segments-missing",
    ]
}

/// Times as an export reckons with them: never before 1970, and so far from overflow that sums need no thought.
enum ExportTime {
    /// The year 9999, in microseconds.
    private static let last: Int64 = 253_402_300_800_000_000

    static func bounded(_ microseconds: Int64) -> Int64 { min(max(0, microseconds), last) }

    static func bounded(_ instant: Instant) -> Int64 { bounded(instant.microseconds) }
}
