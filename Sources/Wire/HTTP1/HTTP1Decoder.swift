import DequeModule
import TapeModel

/// Pairs the messages of one HTTP/1 connection into exchanges.
///
/// HTTP/1 has no request identifier; order is the only link (RFC 9112 §9.3.2), and 1xx, HEAD, CONNECT and upgrades
/// each bend it. The request in hand is the last open exchange, the response in hand belongs to the first.
struct HTTP1Decoder: Sendable {
    private struct Open: Sendable {
        let number: Int
        let method: String
        let wantsUpgrade: Bool
        var interimCount = 0
        var hasRequestEnded = false
        var hasResponseEnded = false
    }

    /// More interim answers than any server sends; beyond it somebody keeps a client waiting on purpose.
    private static let mostInterim = 16

    private let connection: ConnectionID
    private let origin: RequestOrigin
    private var requests = MessageReader(kind: .request, strictness: .witness)
    private var responses = MessageReader(kind: .response, strictness: .witness)
    private var open: Deque<Open> = []
    private var lastNumber = 0
    private var parts: [MessagePart] = []
    private(set) var isOpaque = false

    var openExchanges: Int { open.count }

    init(connection: ConnectionID, origin: RequestOrigin) {
        self.connection = connection
        self.origin = origin
    }

    mutating func receive(_ side: Side, _ bytes: Span<UInt8>, at now: Instant, into events: inout [ExchangeEvent]) {
        var offset = 0
        while offset < bytes.count, !isOpaque {
            parts.removeAll(keepingCapacity: true)
            let rest = bytes.extracting(offset..<bytes.count)
            do {
                let count =
                    switch side {
                    case .client: try requests.read(rest, at: now, into: &parts)
                    case .server: try responses.read(rest, at: now, into: &parts)
                    }
                handle(parts, of: side, offset: offset, at: now, &events)
                offset += count
            } catch {
                handle(parts, of: side, offset: offset, at: now, &events)
                giveUp(error, side, now, &events)
            }
        }
    }

    mutating func endOfStream(_ side: Side, at now: Instant, into events: inout [ExchangeEvent]) {
        guard !isOpaque else { return }
        parts.removeAll(keepingCapacity: true)
        do {
            switch side {
            case .client: try requests.endOfStream(into: &parts)
            case .server: try responses.endOfStream(into: &parts)
            }
            handle(parts, of: side, offset: 0, at: now, &events)
            // A client may close its half and still wait for answers; a server that closes has answered its last.
            if side == .server {
                abort(
                    ExchangeError(
                        party: .network, code: "closed-early",
                        detail: "The server closed the connection without a complete answer."), into: &events)
            }
        } catch {
            switch side {
            case .server:
                abort(ExchangeError(party: .network, code: error.code, detail: error.detail), into: &events)
            case .client:
                guard let last = open.last, !last.hasRequestEnded else { return }
                open.removeLast()
                events.append(
                    .exchangeEnded(
                        exchange: last.number,
                        last.hasResponseEnded
                            ? nil : ExchangeError(party: .client, code: error.code, detail: error.detail)))
            }
        }
    }

    mutating func abort(_ error: ExchangeError, into events: inout [ExchangeEvent]) {
        for exchange in open {
            // A complete answer to a request that was still being sent is an early answer and no failure.
            events.append(.exchangeEnded(exchange: exchange.number, exchange.hasResponseEnded ? nil : error))
        }
        open.removeAll()
    }

    // MARK: Parts

    private mutating func handle(
        _ parts: [MessagePart], of side: Side, offset: Int, at now: Instant, _ events: inout [ExchangeEvent]
    ) {
        for part in parts where !isOpaque {
            switch (side, part) {
            case (.client, .requestHead(let line, let fields, let started)):
                begin(line, fields, started, &events)
            case (.server, .responseHead(let head, let started)):
                answer(head, started, now, &events)
            case (_, .body(let range)):
                guard let exchange = current(side) else { continue }
                events.append(
                    .bodyReceived(exchange: exchange, side, range.lowerBound + offset..<range.upperBound + offset))
            case (_, .trailers(let fields)):
                guard let exchange = current(side) else { continue }
                events.append(.trailersReceived(exchange: exchange, side, fields))
            case (_, .end): end(side, &events)
            case (_, .anomaly(let code, let detail, let raw)):
                note(side, code, detail, raw, now, &events)
            case (.client, .responseHead), (.server, .requestHead): continue
            }
        }
    }

    private func current(_ side: Side) -> Int? {
        side == .client ? open.last?.number : open.first?.number
    }

    private mutating func begin(
        _ line: RequestLine, _ fields: [FieldLine], _ started: Instant, _ events: inout [ExchangeEvent]
    ) {
        lastNumber += 1
        let url = origin.url(method: line.method, target: line.target, host: fields.first("host"))
        open.append(
            Open(number: lastNumber, method: line.method, wantsUpgrade: fields.first("upgrade") != nil))
        responses.expectResponse(toMethod: line.method)
        events.append(
            .requestReceived(
                exchange: lastNumber, stream: nil,
                RequestHead(method: line.method, url: url, version: line.version, fields: fields), started: started))
    }

    private mutating func answer(
        _ head: ResponseHead, _ started: Instant, _ now: Instant, _ events: inout [ExchangeEvent]
    ) {
        guard let exchange = open.first else {
            note(
                .server, "unasked-response", "The server answered \(head.status) although nothing was asked.", [], now,
                &events)
            return becomeOpaque("a response without a request", &events)
        }
        let isSwitch =
            head.status == 101 || (exchange.method == "CONNECT" && (200..<300).contains(head.status))
        if isSwitch {
            if head.status == 101, !exchange.wantsUpgrade {
                note(
                    .server, "unasked-upgrade", "The server switched protocols although nobody asked.", [], now, &events
                )
            }
            events.append(.responseReceived(exchange: exchange.number, head, started: started))
            events.append(.messageEnded(exchange: exchange.number, .server))
            events.append(.exchangeEnded(exchange: exchange.number, nil))
            open.removeFirst()
            return becomeOpaque(head.status == 101 ? "upgrade" : "connect", &events)
        }
        guard (100..<200).contains(head.status) else {
            events.append(.responseReceived(exchange: exchange.number, head, started: started))
            return
        }
        open[open.startIndex].interimCount += 1
        if exchange.interimCount == Self.mostInterim {
            note(
                .server, "many-interim-responses", "More than \(Self.mostInterim) interim responses.", [], now, &events)
        }
        if exchange.interimCount < Self.mostInterim {
            events.append(.interimReceived(exchange: exchange.number, head))
        }
    }

    private mutating func end(_ side: Side, _ events: inout [ExchangeEvent]) {
        switch side {
        case .client:
            guard let index = open.indices.last, !open[index].hasRequestEnded else { return }
            open[index].hasRequestEnded = true
            events.append(.messageEnded(exchange: open[index].number, .client))
            finishIfWhole(index, &events)
        case .server:
            // An interim response ends like any message; the final one is still to come.
            guard let index = open.indices.first, responses.lastWasFinal else { return }
            open[index].hasResponseEnded = true
            events.append(.messageEnded(exchange: open[index].number, .server))
            finishIfWhole(index, &events)
        }
    }

    private mutating func finishIfWhole(_ index: Int, _ events: inout [ExchangeEvent]) {
        guard open[index].hasRequestEnded, open[index].hasResponseEnded else { return }
        events.append(.exchangeEnded(exchange: open[index].number, nil))
        open.remove(at: index)
    }

    // MARK: Giving up

    private mutating func giveUp(
        _ refusal: MessageRefusal, _ side: Side, _ now: Instant, _ events: inout [ExchangeEvent]
    ) {
        note(side, refusal.code, refusal.detail, refusal.raw, now, &events)
        abort(
            ExchangeError(party: side == .client ? .client : .registry, code: refusal.code, detail: refusal.detail),
            into: &events)
        becomeOpaque(refusal.code, &events)
    }

    private mutating func becomeOpaque(_ reason: String, _ events: inout [ExchangeEvent]) {
        guard !isOpaque else { return }
        isOpaque = true
        abort(
            ExchangeError(
                party: .client, code: "not-followed", detail: "The connection could not be followed any further."),
            into: &events)
        events.append(.becameOpaque(reason: reason))
    }

    private func note(
        _ side: Side, _ code: String, _ detail: String, _ raw: [UInt8], _ now: Instant, _ events: inout [ExchangeEvent]
    ) {
        events.append(
            .anomalyFound(
                Anomaly(
                    connection: connection, exchange: current(side), side: side, seen: now, code: code, detail: detail,
                    raw: raw)))
    }
}
