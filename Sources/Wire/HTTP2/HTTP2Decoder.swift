import TapeModel

/// Follows the streams of one HTTP/2 connection from both sides (RFC 9113).
///
/// A witness, not an endpoint: it keeps no windows, answers nothing and enforces only what protects itself. What makes
/// one stream malformed is noted and read on; what it cannot follow, such as a header block that does not decode,
/// ends every open exchange, because header compression has one state for the whole connection.
struct HTTP2Decoder: Sendable {
    /// A proxy in the middle of two peers sees at most what their settings allow; this bounds peers without settings.
    private static let mostOpenStreams = 10_000
    /// As for HTTP/1: beyond it somebody keeps a client waiting on purpose.
    private static let mostInterim = 16

    private let origin: RequestOrigin
    private var client: HTTP2Direction
    private var server: HTTP2Direction
    private var prefaceLeft: Int
    private var streams: [Int: HTTP2Stream] = [:]
    private var lastNumber: Int
    /// Whether the beginning of the connection was not seen: what refers to it is passed over and no oddity.
    private let isJoined: Bool
    private var log: AnomalyLog
    /// What the server's GOAWAY said: the last stream that it will answer, and why.
    private var farewell: (lastStream: Int, reason: String)?
    private(set) var isBroken = false

    var openExchanges: Int { streams.count }

    /// `number` is that of the last exchange before; `isJoined` where frames before were not seen.
    init(connection: ConnectionID, origin: RequestOrigin, after number: Int = 0, isJoined: Bool = false) {
        self.origin = origin
        self.isJoined = isJoined
        lastNumber = number
        prefaceLeft = isJoined ? 0 : Prelude.preface.count
        client = HTTP2Direction(isJoined: isJoined)
        server = HTTP2Direction(isJoined: isJoined)
        log = AnomalyLog(connection: connection)
    }

    /// The client's octets begin with the connection preface.
    mutating func receive(_ side: Side, _ bytes: Span<UInt8>, at now: Instant, into events: inout [ExchangeEvent]) {
        guard !isBroken else { return }
        var index = 0
        if side == .client, prefaceLeft > 0 {
            index = min(prefaceLeft, bytes.count)
            prefaceLeft -= index
        }
        do {
            while !isBroken, let piece = try nextPiece(side, bytes, &index, now) {
                switch piece {
                case .data(let id, let range):
                    guard let number = streams[id]?.received(range.count, from: side) else { continue }
                    events.append(.bodyReceived(exchange: number, side, range))
                case .dataEnded(let id, let endStream): dataEnded(id, endStream, side, now, &events)
                case .frame(let header): handle(header, side, now, &events)
                }
            }
        } catch {
            giveUp(side, error.code, error.detail, error.raw, now, &events)
        }
    }

    mutating func endOfStream(_ side: Side, at now: Instant, into events: inout [ExchangeEvent]) {
        // A client that has sent its last frame may still be answered.
        guard side == .server else { return }
        let farewell = farewell.map { " after GOAWAY (\($0.reason))" } ?? ""
        abort(
            ExchangeError(
                party: .network, code: "closed-early",
                detail: "The server closed the connection\(farewell) before the exchange was over."),
            into: &events)
    }

    mutating func abort(_ error: ExchangeError, into events: inout [ExchangeEvent]) {
        for (_, stream) in streams.sorted(by: { $0.key < $1.key }) {
            events.append(.exchangeEnded(exchange: stream.number, stream.hasEnded(.server) ? nil : error))
        }
        streams.removeAll()
    }

    private mutating func nextPiece(
        _ side: Side, _ bytes: Span<UInt8>, _ index: inout Int, _ now: Instant
    ) throws(FrameReader.Broken) -> FrameReader.Piece? {
        switch side {
        case .client: try client.frames.read(bytes, &index, at: now)
        case .server: try server.frames.read(bytes, &index, at: now)
        }
    }

    // MARK: Frames

    private mutating func handle(
        _ header: FrameHeader, _ side: Side, _ now: Instant, _ events: inout [ExchangeEvent]
    ) {
        let payload = side == .client ? client.frames.payload : server.frames.payload
        switch FrameType(rawValue: header.type) {
        case .headers, .pushPromise, .continuation: collect(header, payload, side, now, &events)
        case .resetStream: reset(header, payload, side, now, &events)
        case .goAway: goAway(header, payload, side, now, &events)
        case .settings: apply(header, payload, side, now, &events)
        case .data, .priority, .ping, .windowUpdate, nil: break
        }
    }

    private mutating func dataEnded(
        _ id: Int, _ endStream: Bool, _ side: Side, _ now: Instant, _ events: inout [ExchangeEvent]
    ) {
        guard let stream = streams[id] else {
            // On a stream that is over, octets may still have been on their way.
            if isIdle(id) { note(side, "data-on-idle-stream", "DATA on stream \(id), which is idle.", now, &events) }
            return
        }
        if stream.hasEnded(side) {
            return note(side, "data-after-end", "DATA after the end of stream \(id).", on: stream, now, &events)
        }
        if side == .server, !stream.hasFinalResponse {
            note(side, "data-before-response", "DATA before the response of stream \(id).", on: stream, now, &events)
        }
        if endStream { end(id, side, now, &events) }
    }

    /// Gathers a header block from HEADERS or PUSH_PROMISE and its CONTINUATION frames (RFC 9113 §4.3).
    private mutating func collect(
        _ header: FrameHeader, _ payload: [UInt8], _ side: Side, _ now: Instant, _ events: inout [ExchangeEvent]
    ) {
        let block: HeaderBlocks.Block?
        let list: HeaderList?
        do {
            switch side {
            case .client:
                block = try client.blocks.add(header, payload)
                list = block.flatMap { client.decode($0) }
            case .server:
                block = try server.blocks.add(header, payload)
                list = block.flatMap { server.decode($0) }
            }
        } catch {
            return giveUp(side, "bad-header-block", error.detail, header.octets, now, &events)
        }
        guard let block else { return }
        guard let list else {
            let raw = Array(block.octets.prefix(Oddity.longestRaw))
            return giveUp(side, "bad-header-block", "A header block does not decode.", raw, now, &events)
        }
        switch (side, block.promised, streams[block.stream]) {
        case (.client, nil, nil): opened(list, block, now, &events)
        case (.server, let promised?, _): promise(list, block, promised, now, &events)
        case (.client, _?, _): note(side, "bad-push", "The client promised a push.", now, &events)
        case (.server, nil, nil):
            // A stream that was reset or has ended; its blocks still had to be decoded for the tables' sake.
            guard isIdle(block.stream) else { return }
            note(side, "headers-on-idle-stream", "HEADERS on stream \(block.stream), which is idle.", now, &events)
        case (_, nil, let stream?) where stream.hasEnded(side):
            note(
                side, "headers-after-end", "HEADERS after the end of stream \(block.stream).", on: stream, now, &events)
        case (.server, nil, let stream?) where !stream.hasFinalResponse:
            answered(list, block, stream, now, &events)
        case (_, nil, let stream?): trailers(list, block, stream, side, now, &events)
        }
    }

    // MARK: Messages

    private mutating func opened(
        _ list: HeaderList, _ block: HeaderBlocks.Block, _ now: Instant, _ events: inout [ExchangeEvent]
    ) {
        let id = block.stream
        guard id > client.highestStream, id & 1 == 1 else {
            // Trailers of a stream that the server has reset may still have been on their way.
            guard list.isRequest else { return }
            let code = id & 1 == 1 ? "stream-reused" : "bad-stream-identifier"
            return note(.client, code, "A request on stream \(id).", now, &events)
        }
        guard streams.count < Self.mostOpenStreams else { return tooMany(.client, now, &events) }
        client.highestStream = id
        let number = begin(list, id, .client, block.started, now, &events)
        if let farewell, id > farewell.lastStream {
            streams[id] = nil
            return events.append(.exchangeEnded(exchange: number, Self.refused(farewell.reason)))
        }
        if block.endsStream { end(id, .client, now, &events) }
    }

    /// A response that is announced together with the request that it would answer (RFC 9113 §8.4).
    private mutating func promise(
        _ list: HeaderList, _ block: HeaderBlocks.Block, _ id: Int, _ now: Instant, _ events: inout [ExchangeEvent]
    ) {
        guard id > server.highestStream, id & 1 == 0 else {
            return note(.server, "bad-stream-identifier", "A push on stream \(id).", now, &events)
        }
        guard streams.count < Self.mostOpenStreams else { return tooMany(.server, now, &events) }
        server.highestStream = id
        _ = begin(list, id, .server, block.started, now, &events)
        note(.server, "push", "The server pushes a response that nobody asked for.", on: streams[id], now, &events)
        end(id, .client, now, &events)
    }

    private mutating func begin(
        _ list: HeaderList, _ id: Int, _ side: Side, _ started: Instant, _ now: Instant,
        _ events: inout [ExchangeEvent]
    ) -> Int {
        var list = list
        lastNumber += 1
        let head = list.requestHead(origin: origin)
        var stream = HTTP2Stream(number: lastNumber, asked: AskedFor(method: head.method))
        stream.declared(list.contentLength(), by: .client)
        streams[id] = stream
        events.append(.requestReceived(exchange: lastNumber, stream: id, head, started: started))
        note(list.oddities, side, stream, now, &events)
        return lastNumber
    }

    private mutating func answered(
        _ list: HeaderList, _ block: HeaderBlocks.Block, _ stream: HTTP2Stream, _ now: Instant,
        _ events: inout [ExchangeEvent]
    ) {
        var list = list
        guard let head = list.responseHead() else {
            note(list.oddities, .server, stream, now, &events)
            guard list.unseen == 0 else { return over(block.stream, Self.statusNotSeen, &events) }
            let detail = "A response has no status of three digits."
            note(.server, "bad-status", detail, on: stream, now, &events)
            return over(block.stream, ExchangeError(party: .registry, code: "bad-status", detail: detail), &events)
        }
        if (100..<200).contains(head.status) {
            interim(head, block, stream, now, &events)
            note(list.oddities, .server, stream, now, &events)
        } else {
            let hasContent = stream.asked != .head && head.status != 304
            streams[block.stream]?.declared(hasContent ? list.contentLength() : nil, by: .server)
            streams[block.stream]?.hasFinalResponse = true
            events.append(.responseReceived(exchange: stream.number, head, started: block.started))
            note(list.oddities, .server, stream, now, &events)
            if stream.asked == .tunnel, (200..<300).contains(head.status) {
                return tunnelled(block.stream, now, &events)
            }
        }
        if block.endsStream { end(block.stream, .server, now, &events) }
    }

    private static let statusNotSeen = ExchangeError(
        party: .recorder, code: "status-not-seen",
        detail: "The status refers to a field that was sent before the capture began.")

    private mutating func interim(
        _ head: ResponseHead, _ block: HeaderBlocks.Block, _ stream: HTTP2Stream, _ now: Instant,
        _ events: inout [ExchangeEvent]
    ) {
        guard stream.interimCount < Self.mostInterim else {
            let detail = "More than \(Self.mostInterim) interim responses."
            return note(.server, "many-interim-responses", detail, on: stream, now, &events)
        }
        streams[block.stream]?.interimCount += 1
        events.append(.interimReceived(exchange: stream.number, head))
        if head.status == 101 {
            note(.server, "unasked-upgrade", "HTTP/2 cannot switch protocols.", on: stream, now, &events)
        }
    }

    /// What follows on this stream is no content of an exchange any more (RFC 9113 §8.5).
    private mutating func tunnelled(_ id: Int, _ now: Instant, _ events: inout [ExchangeEvent]) {
        if streams[id]?.hasEnded(.client) == false { end(id, .client, now, &events) }
        end(id, .server, now, &events)
    }

    private mutating func trailers(
        _ list: HeaderList, _ block: HeaderBlocks.Block, _ stream: HTTP2Stream, _ side: Side, _ now: Instant,
        _ events: inout [ExchangeEvent]
    ) {
        var list = list
        events.append(.trailersReceived(exchange: stream.number, side, list.trailers()))
        note(list.oddities, side, stream, now, &events)
        if block.endsStream { return end(block.stream, side, now, &events) }
        note(side, "trailers-without-end", "Trailers do not end stream \(block.stream).", on: stream, now, &events)
    }

    private mutating func end(_ id: Int, _ side: Side, _ now: Instant, _ events: inout [ExchangeEvent]) {
        guard var stream = streams[id], !stream.hasEnded(side) else { return }
        guard side == .client || stream.hasFinalResponse else {
            let error = ExchangeError(
                party: .registry, code: "no-response", detail: "The server ended the stream without a response.")
            return over(id, error, &events)
        }
        stream.ended(side)
        streams[id] = stream
        if stream.hasOtherLength(side) {
            note(
                side, "content-length-mismatch", "The content has another length than declared.", on: stream, now,
                &events)
        }
        events.append(.messageEnded(exchange: stream.number, side))
        if stream.hasEnded(.client), stream.hasEnded(.server) { over(id, nil, &events) }
    }

    private mutating func over(_ id: Int, _ error: ExchangeError?, _ events: inout [ExchangeEvent]) {
        guard let stream = streams.removeValue(forKey: id) else { return }
        events.append(.exchangeEnded(exchange: stream.number, error))
    }

    // MARK: Control

    private mutating func reset(
        _ header: FrameHeader, _ payload: [UInt8], _ side: Side, _ now: Instant, _ events: inout [ExchangeEvent]
    ) {
        if header.length != 4 { badSize(header, side, now, &events) }
        guard let stream = streams[header.stream] else {
            guard isIdle(header.stream) else { return }
            let detail = "RST_STREAM on stream \(header.stream), which is idle."
            return note(side, "reset-of-idle-stream", detail, now, &events)
        }
        // A server that has answered in full may ask for silence in this way (RFC 9113 §8.1).
        let code = HTTP2ErrorCode.name(of: payload.prefix(4))
        let error = ExchangeError(
            party: side == .client ? .client : .registry, code: "stream-reset",
            detail: "The \(side.rawValue) reset the stream (\(code)).")
        over(header.stream, stream.hasEnded(.server) ? nil : error, &events)
    }

    private mutating func goAway(
        _ header: FrameHeader, _ payload: [UInt8], _ side: Side, _ now: Instant, _ events: inout [ExchangeEvent]
    ) {
        guard payload.count >= 8 else { return badSize(header, side, now, &events) }
        let last = payload.prefix(4).reduce(0) { $0 << 8 | Int($1) } & 0x7FFF_FFFF
        let reason = HTTP2ErrorCode.name(of: payload[4..<8])
        if reason != "NO_ERROR" {
            log.note(
                "goaway", "The \(side.rawValue) ends the connection (\(reason)).",
                raw: Array(payload.dropFirst(8).prefix(1_024)), side: side, at: now, &events)
        }
        // A client's GOAWAY speaks of pushes; what it has asked for is still answered.
        guard side == .server else { return }
        farewell = (min(last, farewell?.lastStream ?? Int.max), reason)
        for id in streams.keys.filter({ $0 > last && $0 & 1 == 1 }).sorted() { over(id, Self.refused(reason), &events) }
    }

    private static func refused(_ reason: String) -> ExchangeError {
        ExchangeError(
            party: .registry, code: "goaway", detail: "The server went away (\(reason)) without taking this request.")
    }

    /// A table size in one side's settings governs the blocks that the other side sends (RFC 7541 §4.2).
    private mutating func apply(
        _ header: FrameHeader, _ payload: [UInt8], _ side: Side, _ now: Instant, _ events: inout [ExchangeEvent]
    ) {
        let isAcknowledgement = header.has(.acknowledgement)
        guard payload.count.isMultiple(of: 6), header.stream == 0, !isAcknowledgement || payload.isEmpty else {
            return badSize(header, side, now, &events)
        }
        if isAcknowledgement {
            return side == .client ? client.tableAcknowledged() : server.tableAcknowledged()
        }
        var size: Int?
        var rest = payload[...]
        while rest.count >= 6 {
            let identifier = rest.prefix(2).reduce(0) { $0 << 8 | Int($1) }
            if identifier == 0x1 { size = rest.dropFirst(2).prefix(4).reduce(0) { $0 << 8 | Int($1) } }
            rest = rest.dropFirst(6)
        }
        switch side {
        case .client: server.tableAnnounced(size)
        case .server: client.tableAnnounced(size)
        }
    }

    private func isIdle(_ id: Int) -> Bool {
        !isJoined && isBeyond(id)
    }

    private func isBeyond(_ id: Int) -> Bool {
        id == 0 || id > (id & 1 == 1 ? client.highestStream : server.highestStream)
    }

    // MARK: Anomalies

    private mutating func badSize(
        _ header: FrameHeader, _ side: Side, _ now: Instant, _ events: inout [ExchangeEvent]
    ) {
        log.note(
            "bad-frame", "A frame of type \(header.type) has a length or stream that it may not have.",
            raw: header.octets, side: side, at: now, &events)
    }

    private mutating func tooMany(_ side: Side, _ now: Instant, _ events: inout [ExchangeEvent]) {
        giveUp(side, "too-many-streams", "More than \(Self.mostOpenStreams) open streams.", [], now, &events)
    }

    private mutating func giveUp(
        _ side: Side, _ code: String, _ detail: String, _ raw: [UInt8], _ now: Instant, _ events: inout [ExchangeEvent]
    ) {
        log.note(code, detail, raw: raw, side: side, at: now, &events)
        abort(ExchangeError(party: side == .client ? .client : .registry, code: code, detail: detail), into: &events)
        isBroken = true
        events.append(.becameOpaque(reason: code))
    }

    private mutating func note(
        _ oddities: [Oddity], _ side: Side, _ stream: HTTP2Stream, _ now: Instant, _ events: inout [ExchangeEvent]
    ) {
        for oddity in oddities {
            log.note(
                oddity.code, oddity.detail, raw: oddity.raw, exchange: stream.number, side: side, at: now, &events)
        }
    }

    private mutating func note(
        _ side: Side, _ code: String, _ detail: String, on stream: HTTP2Stream? = nil, _ now: Instant,
        _ events: inout [ExchangeEvent]
    ) {
        log.note(code, detail, exchange: stream?.number, side: side, at: now, &events)
    }
}
