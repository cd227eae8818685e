import TapeModel

/// Follows the streams of one HTTP/2 connection from both sides (RFC 9113).
///
/// A witness, not an endpoint: it keeps no windows, answers nothing and enforces only what protects itself. What it
/// cannot follow, such as a header block that does not decode, ends every open exchange, because header
/// compression has one state for the whole connection.
struct HTTP2Decoder: Sendable {
    /// A proxy in the middle of two peers sees at most what their settings allow; this bounds peers without settings.
    private static let mostOpenStreams = 10_000

    private let connection: ConnectionID
    private let origin: RequestOrigin
    private var client = HTTP2Direction()
    private var server = HTTP2Direction()
    private var prefaceLeft: Int
    private var streams: [Int: HTTP2Stream] = [:]
    private var lastNumber = 0
    private(set) var isBroken = false

    var openExchanges: Int { streams.count }

    init(connection: ConnectionID, origin: RequestOrigin, prefaceLeft: Int) {
        self.connection = connection
        self.origin = origin
        self.prefaceLeft = prefaceLeft
    }

    mutating func receive(_ side: Side, _ bytes: Span<UInt8>, at now: Instant, into events: inout [ExchangeEvent]) {
        guard !isBroken else { return }
        var index = 0
        if side == .client, prefaceLeft > 0 {
            index = min(prefaceLeft, bytes.count)
            prefaceLeft -= index
        }
        do {
            while let piece = try nextPiece(side, bytes, &index) {
                handle(piece, side, now, &events)
                if isBroken { return }
            }
        } catch {
            giveUp(side, error.code, error.detail, now, &events)
        }
    }

    mutating func endOfStream(_ side: Side, into events: inout [ExchangeEvent]) {
        // HTTP/2 has no half-closed connection: whoever sends FIN is gone (RFC 9113 §9.1).
        let party: Party = side == .client ? .client : .network
        abort(
            ExchangeError(
                party: party, code: "closed-early",
                detail: "The \(side.rawValue) closed the connection before the exchange was over."),
            into: &events)
    }

    mutating func abort(_ error: ExchangeError, into events: inout [ExchangeEvent]) {
        for (_, stream) in streams.sorted(by: { $0.key < $1.key }) {
            events.append(.exchangeEnded(exchange: stream.number, stream.hasEnded(.server) ? nil : error))
        }
        streams.removeAll()
    }

    private mutating func nextPiece(
        _ side: Side, _ bytes: Span<UInt8>, _ index: inout Int
    ) throws(FrameReader.Broken) -> FrameReader.Piece? {
        switch side {
        case .client: try client.frames.read(bytes, &index)
        case .server: try server.frames.read(bytes, &index)
        }
    }

    // MARK: Frames

    private mutating func handle(
        _ piece: FrameReader.Piece, _ side: Side, _ now: Instant, _ events: inout [ExchangeEvent]
    ) {
        switch piece {
        case .data(let id, let range):
            guard let stream = streams[id] else { return }
            events.append(.bodyReceived(exchange: stream.number, side, range))
        case .dataEnded(let id, let endStream):
            if endStream { end(id, side, &events) }
        case .frame(let frame):
            switch FrameType(rawValue: frame.type) {
            case .headers, .pushPromise, .continuation: collect(frame, side, now, &events)
            case .resetStream: reset(frame, side, &events)
            case .goAway: goAway(frame, side, &events)
            case .settings: apply(frame, side)
            case .data, .priority, .ping, .windowUpdate, nil: break
            }
        }
    }

    /// Gathers a header block from HEADERS or PUSH_PROMISE and its CONTINUATION frames (RFC 9113 §4.3).
    private mutating func collect(
        _ frame: FrameReader.Frame, _ side: Side, _ now: Instant, _ events: inout [ExchangeEvent]
    ) {
        let outcome =
            switch side {
            case .client: client.blocks.add(frame, at: now)
            case .server: server.blocks.add(frame, at: now)
            }
        switch outcome {
        case .incomplete: return
        case .broken(let detail): giveUp(side, "bad-header-block", detail, now, &events)
        case .complete(let block):
            let fields =
                switch side {
                case .client: client.headers.decode(block.octets)
                case .server: server.headers.decode(block.octets)
                }
            guard let fields else {
                return giveUp(side, "bad-header-block", "A header block does not decode.", now, &events)
            }
            if block.isPush {
                return note(side, "push", "The server pushed a response that nobody asked for.", now, &events)
            }
            received(fields, block, side, now, &events)
        }
    }

    private mutating func received(
        _ fields: [FieldLine], _ block: HeaderBlocks.Block, _ side: Side, _ now: Instant,
        _ events: inout [ExchangeEvent]
    ) {
        switch (side, streams[block.stream]) {
        case (.client, nil):
            guard streams.count < Self.mostOpenStreams else {
                return giveUp(side, "too-many-streams", "More than \(Self.mostOpenStreams) open streams.", now, &events)
            }
            lastNumber += 1
            streams[block.stream] = HTTP2Stream(number: lastNumber)
            let head = PseudoFields(fields).requestHead(origin: origin)
            events.append(
                .requestReceived(exchange: lastNumber, stream: block.stream, head, started: block.started))
        case (.server, nil):
            // A stream that was reset or has ended; its blocks still had to be decoded for the tables' sake.
            return
        case (.server, let stream?) where !stream.hasFinalResponse:
            let pseudo = PseudoFields(fields)
            guard let head = pseudo.responseHead() else {
                return giveUp(side, "bad-status", "A response has no status of three digits.", now, &events)
            }
            if (100..<200).contains(head.status) {
                events.append(.interimReceived(exchange: stream.number, head))
            } else {
                streams[block.stream]?.hasFinalResponse = true
                events.append(.responseReceived(exchange: stream.number, head, started: block.started))
            }
        case (_, let stream?):
            events.append(.trailersReceived(exchange: stream.number, side, fields))
        }
        if block.endsStream { end(block.stream, side, &events) }
    }

    private mutating func end(_ id: Int, _ side: Side, _ events: inout [ExchangeEvent]) {
        guard var stream = streams[id], !stream.hasEnded(side) else { return }
        stream.ended(side)
        streams[id] = stream
        events.append(.messageEnded(exchange: stream.number, side))
        guard stream.hasEnded(.client), stream.hasEnded(.server) else { return }
        streams[id] = nil
        events.append(.exchangeEnded(exchange: stream.number, nil))
    }

    private mutating func reset(_ frame: FrameReader.Frame, _ side: Side, _ events: inout [ExchangeEvent]) {
        guard let stream = streams.removeValue(forKey: frame.stream) else { return }
        // A server that has answered in full may ask for silence in this way (RFC 9113 §8.1).
        if stream.hasEnded(.server) {
            return events.append(.exchangeEnded(exchange: stream.number, nil))
        }
        let code = HTTP2ErrorCode.name(of: frame.payload.prefix(4))
        events.append(
            .exchangeEnded(
                exchange: stream.number,
                ExchangeError(
                    party: side == .client ? .client : .registry, code: "stream-reset",
                    detail: "The \(side.rawValue) reset the stream (\(code)).")))
    }

    private mutating func goAway(_ frame: FrameReader.Frame, _ side: Side, _ events: inout [ExchangeEvent]) {
        guard side == .server, frame.payload.count >= 8 else { return }
        let last = frame.payload.prefix(4).reduce(0) { $0 << 8 | Int($1) } & 0x7FFF_FFFF
        let code = HTTP2ErrorCode.name(of: frame.payload[4..<8])
        for id in streams.keys.filter({ $0 > last }).sorted() {
            guard let stream = streams.removeValue(forKey: id) else { continue }
            events.append(
                .exchangeEnded(
                    exchange: stream.number,
                    ExchangeError(
                        party: .registry, code: "goaway",
                        detail: "The server went away (\(code)) without taking this request.")))
        }
    }

    /// A table size in one side's settings governs the blocks that the other side sends (RFC 7541 §4.2).
    private mutating func apply(_ frame: FrameReader.Frame, _ side: Side) {
        guard frame.flags & 0x1 == 0 else { return }
        var rest = frame.payload[...]
        while rest.count >= 6 {
            let identifier = Int(rest[rest.startIndex]) << 8 | Int(rest[rest.startIndex + 1])
            let value = rest.dropFirst(2).prefix(4).reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(6)
            guard identifier == 0x1 else { continue }
            switch side {
            case .client: server.headers.allowTable(size: value)
            case .server: client.headers.allowTable(size: value)
            }
        }
    }

    private mutating func giveUp(
        _ side: Side, _ code: String, _ detail: String, _ now: Instant, _ events: inout [ExchangeEvent]
    ) {
        note(side, code, detail, now, &events)
        abort(ExchangeError(party: side == .client ? .client : .registry, code: code, detail: detail), into: &events)
        isBroken = true
        events.append(.becameOpaque(reason: code))
    }

    private func note(
        _ side: Side, _ code: String, _ detail: String, _ now: Instant, _ events: inout [ExchangeEvent]
    ) {
        events.append(.anomalyFound(Anomaly(connection: connection, side: side, seen: now, code: code, detail: detail)))
    }
}

/// What one side sends.
private struct HTTP2Direction: Sendable {
    var frames = FrameReader()
    var blocks = HeaderBlocks()
    var headers = HPACKBlockDecoder()
}

/// One open stream, seen from the middle.
private struct HTTP2Stream: Sendable {
    let number: Int
    var hasFinalResponse = false
    private var clientEnded = false
    private var serverEnded = false

    init(number: Int) { self.number = number }

    func hasEnded(_ side: Side) -> Bool { side == .client ? clientEnded : serverEnded }

    mutating func ended(_ side: Side) {
        switch side {
        case .client: clientEnded = true
        case .server: serverEnded = true
        }
    }
}
