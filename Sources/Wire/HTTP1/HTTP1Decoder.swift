import DequeModule
import TapeModel

/// Pairs the messages of one HTTP/1 connection into exchanges.
///
/// HTTP/1 has no request identifier; order is the only link (RFC 9112 §9.3.2), and 1xx, HEAD, CONNECT and upgrades
/// each bend it. The request in hand is the last open exchange, the response in hand belongs to the first. Where the
/// requests can no longer be followed, the answers to those that were read still are: a server's 400 says more about an
/// ambiguous request than anything else on the tape.
struct HTTP1Decoder: Sendable {
    /// More interim answers than any server sends; beyond it somebody keeps a client waiting on purpose.
    private static let mostInterim = 16
    /// Requests that wait for an answer.
    ///
    /// Clients pipeline a few at most, and each costs memory until it is answered.
    private static let mostWaiting = 1_024

    private let origin: RequestOrigin
    private var requests = MessageReader(kind: .request, strictness: .witness)
    private var responses = MessageReader(kind: .response, strictness: .witness)
    private var open: Deque<OpenExchange> = []
    private var lastNumber: Int
    private var parts: [MessagePart] = []
    private var log: AnomalyLog
    /// Whether nothing more is read from the client: it has ended, or could not be followed.
    private var isClientDone = false
    /// Whether the server has ended; what it was in the middle of belongs to no exchange any more.
    private var isServerDone = false
    /// What the connection is called once the last known request is answered, where the client could not be followed.
    private var clientLost: String?
    private(set) var isOpaque = false

    var openExchanges: Int { open.count }

    /// `number` is that of the last exchange before.
    init(connection: ConnectionID, origin: RequestOrigin, after number: Int = 0) {
        self.origin = origin
        lastNumber = number
        log = AnomalyLog(connection: connection)
    }

    mutating func receive(_ side: Side, _ bytes: Span<UInt8>, at now: Instant, into events: inout [ExchangeEvent]) {
        var offset = 0
        if side == .server, isServerDone { return }
        while offset < bytes.count, !isOpaque {
            if side == .client, !mayReadRequest(now, &events) { return }
            parts.removeAll(keepingCapacity: true)
            let rest = bytes.extracting(offset..<bytes.count)
            var refusal: MessageRefusal?
            var count = 0
            do {
                switch side {
                case .client: count = try requests.read(rest, at: now, into: &parts)
                case .server: count = try responses.read(rest, at: now, into: &parts)
                }
            } catch {
                refusal = error
            }
            handleParts(of: side, offset, now, &events)
            if let refusal, !isOpaque { return giveUp(refusal, side, now, &events) }
            offset += count
        }
    }

    mutating func endOfStream(_ side: Side, at now: Instant, into events: inout [ExchangeEvent]) {
        guard !isOpaque else { return }
        parts.removeAll(keepingCapacity: true)
        switch side {
        case .client: endOfRequests(now, &events)
        case .server: endOfResponses(now, &events)
        }
    }

    mutating func abort(_ error: ExchangeError, into events: inout [ExchangeEvent]) {
        for exchange in open {
            // A complete answer to a request that was still being sent is an early answer and no failure.
            let failure = exchange.hasResponseEnded ? nil : exchange.failure ?? error
            events.append(.exchangeEnded(exchange: exchange.number, failure))
        }
        open.removeAll()
    }

    // MARK: Parts

    private mutating func handleParts(
        of side: Side, _ offset: Int, _ now: Instant, _ events: inout [ExchangeEvent]
    ) {
        // Taken out while they are worked on, so that neither they nor their array is copied.
        var taken: [MessagePart] = []
        swap(&taken, &parts)
        for part in taken where !isOpaque { handle(part, of: side, offset, now, &events) }
        taken.removeAll(keepingCapacity: true)
        swap(&taken, &parts)
    }

    private mutating func handle(
        _ part: MessagePart, of side: Side, _ offset: Int, _ now: Instant, _ events: inout [ExchangeEvent]
    ) {
        switch (side, part) {
        case (.client, .requestHead(let line, let fields, let started)): begin(line, fields, started, now, &events)
        case (.server, .responseHead(let head, let started)): answer(head, started, now, &events)
        case (_, .body(let range)):
            guard let exchange = inHand(side) else { return }
            events.append(
                .bodyReceived(exchange: exchange, side, range.lowerBound + offset..<range.upperBound + offset))
        case (_, .trailers(let fields)):
            guard let exchange = inHand(side) else { return }
            events.append(.trailersReceived(exchange: exchange, side, fields))
        case (.client, .end): requestEnded(&events)
        case (.server, .end): responseEnded(&events)
        case (_, .anomaly(let code, let detail, let raw)): note(side, code, detail, raw, now, &events)
        case (.client, .responseHead), (.server, .requestHead): return
        }
    }

    /// The exchange whose message that side is in the middle of, or has to send next.
    private func inHand(_ side: Side) -> Int? {
        switch side {
        case .client: open.last.flatMap { $0.hasRequestEnded ? nil : $0.number }
        case .server: open.first.flatMap { $0.hasResponseEnded ? nil : $0.number }
        }
    }

    private mutating func begin(
        _ line: RequestLine, _ fields: [FieldLine], _ started: Instant, _ now: Instant, _ events: inout [ExchangeEvent]
    ) {
        lastNumber += 1
        let url = origin.url(method: line.method, target: line.target, host: fields.first("host"))
        let asked = AskedFor(method: line.method)
        open.append(
            OpenExchange(number: lastNumber, asked: asked, wantsUpgrade: fields.first("upgrade") != nil))
        responses.expectResponse(to: asked)
        let head = RequestHead(method: line.method, url: url, version: line.version, fields: fields)
        events.append(.requestReceived(exchange: lastNumber, stream: nil, head, started: started))
        if !RequestOrigin.isWellFormed(target: line.target, method: line.method) {
            note(
                .client, "bad-request-target", "The request target has none of the four forms.",
                Array(line.target.utf8.prefix(Oddity.longestRaw)), now, &events)
        }
    }

    private mutating func answer(
        _ head: ResponseHead, _ started: Instant, _ now: Instant, _ events: inout [ExchangeEvent]
    ) {
        guard let exchange = open.first, !exchange.hasResponseEnded else { return unasked(head, now, &events) }
        let isSwitch = head.status == 101 || (exchange.asked == .tunnel && (200..<300).contains(head.status))
        if isSwitch {
            events.append(.responseReceived(exchange: exchange.number, head, started: started))
            if head.status == 101, !exchange.wantsUpgrade {
                note(
                    .server, "unasked-upgrade", "The server switched protocols although nobody asked.", [], now, &events
                )
            }
            events.append(.messageEnded(exchange: exchange.number, .server))
            events.append(.exchangeEnded(exchange: exchange.number, nil))
            open.removeFirst()
            return becomeOpaque(head.status == 101 ? "upgrade" : "connect", blame: .client, &events)
        }
        guard (100..<200).contains(head.status) else {
            events.append(.responseReceived(exchange: exchange.number, head, started: started))
            return
        }
        if exchange.interimCount < Self.mostInterim {
            open[open.startIndex].interimCount += 1
            events.append(.interimReceived(exchange: exchange.number, head))
        } else {
            note(
                .server, "many-interim-responses", "More than \(Self.mostInterim) interim responses.", [], now, &events)
        }
    }

    /// A response that answers nothing: an interim one is passed over, behind a final one nothing can be paired.
    private mutating func unasked(_ head: ResponseHead, _ now: Instant, _ events: inout [ExchangeEvent]) {
        let raw = Array("\(head.version) \(head.status) \(head.reason)".utf8.prefix(Oddity.longestRaw))
        guard !(100..<200).contains(head.status) || head.status == 101 else {
            return note(
                .server, "unasked-response", "The server sent an interim response although nothing was asked.", raw,
                now, &events)
        }
        if clientLost == nil, requests.isInsideMessage, !requests.isInsideContent {
            note(
                .client, "unfinished-head", "The server answered before this request head was complete.",
                requests.unfinishedHead, now, &events)
        }
        note(
            .server, "unasked-response", "The server answered \(head.status) although no request was waiting.", raw,
            now, &events)
        becomeOpaque("a response without a request", blame: .registry, &events)
    }

    private mutating func requestEnded(_ events: inout [ExchangeEvent]) {
        guard let index = open.indices.last, !open[index].hasRequestEnded else { return }
        open[index].hasRequestEnded = true
        events.append(.messageEnded(exchange: open[index].number, .client))
        finishIfWhole(index, &events)
    }

    private mutating func responseEnded(_ events: inout [ExchangeEvent]) {
        // An interim response ends like any message; the final one is still to come.
        guard let index = open.indices.first, responses.lastWasFinal, !open[index].hasResponseEnded else { return }
        open[index].hasResponseEnded = true
        events.append(.messageEnded(exchange: open[index].number, .server))
        finishIfWhole(index, &events)
    }

    private mutating func finishIfWhole(_ index: Int, _ events: inout [ExchangeEvent]) {
        guard open[index].hasRequestEnded || isClientDone, open[index].hasResponseEnded else { return }
        events.append(.exchangeEnded(exchange: open[index].number, nil))
        open.remove(at: index)
        if let clientLost, open.isEmpty { becomeOpaque(clientLost, blame: .client, &events) }
    }

    // MARK: Ends

    private mutating func endOfRequests(_ now: Instant, _ events: inout [ExchangeEvent]) {
        guard !isClientDone else { return }
        isClientDone = true
        do {
            try requests.endOfStream(into: &parts)
        } catch {
            // A client may close its half and still wait for an answer; that of a request cut short is often a 400.
            cutRequest(error, now, &events)
        }
    }

    private mutating func endOfResponses(_ now: Instant, _ events: inout [ExchangeEvent]) {
        var failure = ExchangeError(
            party: .network, code: "closed-early",
            detail: "The server closed the connection without a complete answer.")
        let first = inHand(.server)
        isServerDone = true
        do {
            try responses.endOfStream(into: &parts)
            handleParts(of: .server, 0, now, &events)
        } catch {
            let cut = ExchangeError(party: .network, code: error.code, detail: error.detail)
            if first == nil { note(.server, error.code, error.detail, error.raw, now, &events) }
            if let first { end(first, cut, &events) }
            failure.detail = "The server closed the connection before it came to this request."
        }
        // The server has answered its last. What it answered early may still be being sent.
        for exchange in open where !exchange.hasResponseEnded {
            events.append(.exchangeEnded(exchange: exchange.number, exchange.failure ?? failure))
        }
        open.removeAll { !$0.hasResponseEnded }
    }

    private mutating func end(_ number: Int, _ error: ExchangeError, _ events: inout [ExchangeEvent]) {
        events.append(.exchangeEnded(exchange: number, error))
        open.removeAll { $0.number == number }
    }

    // MARK: Giving up

    /// Whether octets of the client can be the request that they look like.
    private mutating func mayReadRequest(_ now: Instant, _ events: inout [ExchangeEvent]) -> Bool {
        guard !isClientDone else { return false }
        guard !requests.isInsideMessage else { return true }
        if let last = open.last, last.asked == .tunnel {
            // They are for the tunnel where the server agrees to one, and a request where it does not (RFC 9931).
            loseClient(
                MessageRefusal(
                    code: "early-tunnel-octets", detail: "The client sent octets before its CONNECT was answered."),
                at: now, &events)
            return false
        }
        guard open.count < Self.mostWaiting else {
            loseClient(
                MessageRefusal(
                    code: "too-many-waiting", detail: "More than \(Self.mostWaiting) requests wait for an answer."),
                at: now, &events)
            return false
        }
        return true
    }

    /// Nothing more is read from the client; what it has asked for may still be answered.
    private mutating func loseClient(_ refusal: MessageRefusal, at now: Instant, _ events: inout [ExchangeEvent]) {
        isClientDone = true
        clientLost = refusal.code
        cutRequest(refusal, now, &events)
        if open.isEmpty { becomeOpaque(refusal.code, blame: .client, &events) }
    }

    /// The request in hand, if any, never comes whole.
    private mutating func cutRequest(_ refusal: MessageRefusal, _ now: Instant, _ events: inout [ExchangeEvent]) {
        if refusal.code != "closed-early" || inHand(.client) == nil {
            note(.client, refusal.code, refusal.detail, refusal.raw, now, &events)
        }
        guard let index = open.indices.last, !open[index].hasRequestEnded else { return }
        open[index].failure = ExchangeError(party: .client, code: refusal.code, detail: refusal.detail)
        finishIfWhole(index, &events)
    }

    private mutating func giveUp(
        _ refusal: MessageRefusal, _ side: Side, _ now: Instant, _ events: inout [ExchangeEvent]
    ) {
        guard side == .server else { return loseClient(refusal, at: now, &events) }
        guard let first = inHand(.server) else {
            note(
                .server, "unasked-octets", "The server sent octets that answer nothing. \(refusal.detail)", refusal.raw,
                now, &events)
            return becomeOpaque("octets without a request", blame: .registry, &events)
        }
        note(.server, refusal.code, refusal.detail, refusal.raw, now, &events)
        end(first, ExchangeError(party: .registry, code: refusal.code, detail: refusal.detail), &events)
        becomeOpaque(refusal.code, blame: .registry, &events)
    }

    private mutating func becomeOpaque(_ reason: String, blame party: Party, _ events: inout [ExchangeEvent]) {
        guard !isOpaque else { return }
        isOpaque = true
        abort(
            ExchangeError(
                party: party, code: "not-followed", detail: "The connection could not be followed any further."),
            into: &events)
        events.append(.becameOpaque(reason: reason))
    }

    private mutating func note(
        _ side: Side, _ code: String, _ detail: String, _ raw: [UInt8], _ now: Instant, _ events: inout [ExchangeEvent]
    ) {
        log.note(code, detail, raw: raw, exchange: inHand(side), side: side, at: now, &events)
    }
}
