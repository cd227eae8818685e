package import Listener
package import NIOCore
package import TapeModel
package import Wire

/// Decides what becomes of the messages of one client connection in the modes in which the proxy is a party to them.
///
/// One exchange at a time: a pipelined request waits until the answer before it is complete, because the next one may
/// go to another origin. What is ambiguous ends the connection and reaches nobody. Knows no sockets and no clock;
/// `MessageHandler` performs the actions, and tells of a request's end only what belongs to it.
package struct MessageMachine {
    /// A request as it is to be sent.
    package struct Request: Equatable {
        package var method: String
        package var place: Place
        package var framing: MessageFraming
        /// HTTP/1.0 knows neither chunks nor interim responses.
        package var isOld: Bool
        package var keepsAlive: Bool
        package var wantsUpgrade: Bool
        /// The head in the octets that go to the origin.
        package var head: ByteBuffer

        package init(
            method: String, place: Place, framing: MessageFraming, isOld: Bool = false, keepsAlive: Bool = true,
            wantsUpgrade: Bool = false, head: ByteBuffer
        ) {
            self.method = method
            self.place = place
            self.framing = framing
            self.isOld = isOld
            self.keepsAlive = keepsAlive
            self.wantsUpgrade = wantsUpgrade
            self.head = head
        }
    }

    /// The head of a response, with the fields that the client shall see.
    package struct Answer: Equatable {
        package var head: ResponseHead
        package var framing: MessageFraming
        /// Whether the origin means to keep its connection.
        package var keepsAlive: Bool

        package init(head: ResponseHead, framing: MessageFraming, keepsAlive: Bool = true) {
            self.head = head
            self.framing = framing
            self.keepsAlive = keepsAlive
        }
    }

    package enum Event: Equatable {
        case requestReceived(Request)
        /// Octets behind the head, framed as the origin shall get them.
        case requestOctets(ByteBuffer)
        case requestEnded(ByteBuffer)
        case requestRefused(MessageRefusal)
        /// The client has sent its last octet, and all of them have been read.
        case clientFinished
        case clientLeft(ExchangeError)
        case upstreamOpened
        case answerReceived(Answer)
        case answerOctets(ByteBuffer)
        case answerEnded(trailers: [FieldLine])
        case answerRefused(MessageRefusal)
        /// The origin has sent its last octet on a connection that was switched to another protocol.
        case upstreamFinished
        /// No connection, or none any more; `hasAnswered` where an octet of the answer in question had come.
        case upstreamEnded(ExchangeError, hasAnswered: Bool)
    }

    package enum Action: Equatable {
        case openUpstream(Place)
        /// A response is read in the light of the method that it answers.
        case expectAnswer(toMethod: String)
        case sendUpstream(ByteBuffer)
        case finishUpstream
        /// Nothing more is wanted of that connection; an error is the reason of what it leaves unfinished.
        case closeUpstream(ExchangeError?)
        case answer(ResponseHead, MessageFraming, Persistence)
        case answerOctets(ByteBuffer)
        case endAnswer(trailers: [FieldLine])
        case answerFailure(ExchangeError)
        case recordRejected(MessageRefusal, Side)
        /// The request got no further than to us; the tape shows it with this reason.
        case recordUnsent(ExchangeError)
        /// The origin's half of a copied connection has ended.
        case finishAnswers
        /// Let the client read its last words, then close.
        case finishClient
        /// The client must see that what it has is not all.
        case breakClient(isReset: Bool)
    }

    /// What a response says of the client's connection (RFC 9112 §9.3).
    package enum Persistence: Equatable {
        /// Kept, without a word.
        case kept
        /// Kept, said aloud to a client that would not expect it.
        case keptForOldClient
        case closed
        case switched
    }

    private enum Upstream: Equatable {
        case none
        case opening(Place)
        case open(Place)
    }

    private struct Exchange {
        let request: Request
        /// What waits for the connection to open.
        var waiting: [ByteBuffer] = []
        /// All that was sent, as long as it may be sent once more.
        var repeatable: [ByteBuffer]?
        var hasRequestEnded = false
        var interimCount = 0
        var answer = Answering.awaited
    }

    private enum Answering: Equatable {
        case awaited
        case begun(MessageFraming, keepsClient: Bool, keepsUpstream: Bool)
    }

    private enum State {
        case idle
        case exchanging(Exchange)
        case copying(clientFinished: Bool, upstreamFinished: Bool)
        case closing
    }

    /// RELIABILITY.md S14: the seventeenth interim response is one too many.
    private static let mostInterim = 16

    /// A manifest fits; a layer is not kept in memory for the rare case that a connection dies under it.
    private static let mostRepeatable = 64 * 1024

    /// Requests that may be repeated without asking (RFC 9110 §9.2.2).
    private static let idempotent: Set<String> = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"]

    private var state = State.idle
    private var upstream = Upstream.none

    package init() {}

    // MARK: What the shell may ask

    /// Whether the client's octets are the next request or belong to the one in hand.
    package var wantsRequest: Bool {
        switch state {
        case .idle: true
        case .exchanging(let exchange): !exchange.hasRequestEnded
        case .copying, .closing: false
        }
    }

    /// Whether what the client sends can be passed on now.
    package var canTakeOctets: Bool {
        switch (state, upstream) {
        case (.idle, _), (.copying, _), (.closing, _): true
        case (.exchanging(let exchange), .open): !exchange.hasRequestEnded
        case (.exchanging, _): false
        }
    }

    package var isIdle: Bool {
        if case .idle = state { true } else { false }
    }

    package var isCopying: Bool {
        if case .copying = state { true } else { false }
    }

    package var isClosing: Bool {
        if case .closing = state { true } else { false }
    }

    /// Whether a request is complete and nothing of its answer has come.
    package var isAwaitingAnswer: Bool {
        if case .exchanging(let exchange) = state {
            exchange.hasRequestEnded && exchange.answer == .awaited
        } else {
            false
        }
    }

    // MARK: The table

    package mutating func handle(_ event: Event) -> [Action] {
        switch (state, event) {
        case (.idle, .requestReceived(let request)): return begin(request)
        case (.idle, .requestRefused(let refusal)): return refuse(refusal, nil)
        case (.idle, .clientFinished), (.idle, .clientLeft): return closeUpstream(nil) + close([.finishClient])
        case (.idle, .upstreamEnded): return closeUpstream(nil)
        // An answer to nothing: the leg refuses it before it gets here.
        case (.idle, _): return []

        case (.exchanging(let exchange), .requestOctets(let octets)): return pass(octets, exchange)
        case (.exchanging(var exchange), .requestEnded(let octets)):
            exchange.hasRequestEnded = true
            return pass(octets, exchange)
        case (.exchanging(let exchange), .requestRefused(let refusal)): return refuse(refusal, exchange)
        case (.exchanging(let exchange), .clientFinished): return abandon(Self.clientLeft, exchange)
        case (.exchanging(let exchange), .clientLeft(let error)): return abandon(error, exchange)

        case (.exchanging(let exchange), .upstreamOpened): return opened(exchange)
        case (.exchanging(let exchange), .answerReceived(let answer)): return receive(answer, exchange)
        case (.exchanging, .answerOctets(let octets)): return [.answerOctets(octets)]
        case (.exchanging(let exchange), .answerEnded(let trailers)): return endAnswer(trailers, exchange)
        case (.exchanging(let exchange), .answerRefused(let refusal)):
            let error = ExchangeError(party: .registry, code: refusal.code, detail: refusal.detail)
            return [.recordRejected(refusal, .server)] + fail(error, exchange)
        case (.exchanging(let exchange), .upstreamEnded(let error, let hasAnswered)):
            return upstreamEnded(error, hasAnswered: hasAnswered, exchange)
        // Requests are not read while one is in hand, and nothing is copied before a switch of protocols.
        case (.exchanging, .requestReceived), (.exchanging, .upstreamFinished): return []

        case (.copying, .requestOctets(let octets)): return [.sendUpstream(octets)]
        case (.copying, .answerOctets(let octets)): return [.answerOctets(octets)]
        case (.copying(_, let upstreamFinished), .clientFinished):
            return finishCopying(clientFinished: true, upstreamFinished: upstreamFinished, [.finishUpstream])
        case (.copying(let clientFinished, _), .upstreamFinished):
            return finishCopying(clientFinished: clientFinished, upstreamFinished: true, [.finishAnswers])
        case (.copying, .clientLeft(let error)): return closeUpstream(error) + close([])
        case (.copying, .upstreamEnded(let error, _)):
            let ending: Action = error.code == "connection-reset" ? .breakClient(isReset: true) : .finishClient
            return closeUpstream(error) + close([ending])
        case (.copying, _): return []

        // Late echoes of sockets that another action has closed already.
        case (.closing, _): return []
        }
    }

    // MARK: The request

    private mutating func begin(_ request: Request) -> [Action] {
        var exchange = Exchange(request: request)
        if upstream == .open(request.place) {
            if Self.idempotent.contains(request.method) { exchange.repeatable = [request.head] }
            state = .exchanging(exchange)
            return [.expectAnswer(toMethod: request.method), .sendUpstream(request.head)]
        }
        let closing = closeUpstream(nil)
        exchange.waiting = [request.head]
        state = .exchanging(exchange)
        return closing + open(request)
    }

    private mutating func open(_ request: Request) -> [Action] {
        upstream = .opening(request.place)
        return [.openUpstream(request.place), .expectAnswer(toMethod: request.method)]
    }

    private mutating func opened(_ exchange: Exchange) -> [Action] {
        var exchange = exchange
        upstream = .open(exchange.request.place)
        defer { state = .exchanging(exchange) }
        defer { exchange.waiting = [] }
        return exchange.waiting.map { .sendUpstream($0) }
    }

    private mutating func pass(_ octets: ByteBuffer, _ exchange: Exchange) -> [Action] {
        var exchange = exchange
        defer { state = .exchanging(exchange) }
        guard octets.readableBytes > 0 else { return [] }
        guard case .open = upstream else {
            exchange.waiting.append(octets)
            return []
        }
        exchange.repeatable?.append(octets)
        if let sent = exchange.repeatable, sent.reduce(0, { $0 + $1.readableBytes }) > Self.mostRepeatable {
            exchange.repeatable = nil
        }
        return [.sendUpstream(octets)]
    }

    private mutating func refuse(_ refusal: MessageRefusal, _ exchange: Exchange?) -> [Action] {
        let error = ExchangeError(party: .client, code: refusal.code, detail: refusal.detail)
        let record = [Action.recordRejected(refusal, .client)] + leave(exchange, error)
        if let exchange, exchange.answer != .awaited { return record + close([.breakClient(isReset: true)]) }
        return record + close([.answerFailure(error), .finishClient])
    }

    /// The client is gone, with its answer unheard.
    private mutating func abandon(_ error: ExchangeError, _ exchange: Exchange) -> [Action] {
        leave(exchange, error) + close([.breakClient(isReset: false)])
    }

    /// Ends what we have with the origin, for this reason.
    private mutating func leave(_ exchange: Exchange?, _ error: ExchangeError) -> [Action] {
        if exchange != nil, case .opening = upstream { return [.recordUnsent(error)] + closeUpstream(error) }
        return closeUpstream(exchange == nil ? nil : error)
    }

    // MARK: The answer

    private mutating func receive(_ answer: Answer, _ exchange: Exchange) -> [Action] {
        var exchange = exchange
        exchange.repeatable = nil
        let request = exchange.request
        switch answer.head.status {
        case 101:
            guard request.wantsUpgrade, exchange.hasRequestEnded else {
                return rejectAnswer(
                    answer.head, "unasked-upgrade", "switched protocols although nobody asked", exchange)
            }
            state = .copying(clientFinished: false, upstreamFinished: false)
            return [.answer(answer.head, .none, .switched)]
        case 100..<200:
            exchange.interimCount += 1
            guard exchange.interimCount <= Self.mostInterim else {
                return rejectAnswer(
                    answer.head, "too-many-interim", "sent more than \(Self.mostInterim) interim responses", exchange)
            }
            state = .exchanging(exchange)
            return request.isOld ? [] : [.answer(answer.head, .none, .kept)]
        default:
            // A length that only the end of the connection tells ends with it, and so does a body without chunks.
            let framing: MessageFraming = answer.framing == .chunked && request.isOld ? .untilClose : answer.framing
            // An answer before the request is over leaves octets of it unread: no connection for another one (S11).
            let keepsClient = request.keepsAlive && framing != .untilClose && exchange.hasRequestEnded
            exchange.answer = .begun(framing, keepsClient: keepsClient, keepsUpstream: answer.keepsAlive)
            state = .exchanging(exchange)
            let persistence: Persistence = !keepsClient ? .closed : request.isOld ? .keptForOldClient : .kept
            return [.answer(answer.head, framing, persistence)]
        }
    }

    private mutating func endAnswer(_ trailers: [FieldLine], _ exchange: Exchange) -> [Action] {
        // The end of an interim response is no end of the exchange.
        guard case .begun(_, let keepsClient, let keepsUpstream) = exchange.answer else { return [] }
        let ending = Action.endAnswer(trailers: trailers)
        guard keepsClient else { return [ending] + closeUpstream(nil) + close([.finishClient]) }
        state = .idle
        return [ending] + (keepsUpstream ? [] : closeUpstream(nil))
    }

    private mutating func rejectAnswer(
        _ head: ResponseHead, _ code: String, _ what: String, _ exchange: Exchange
    ) -> [Action] {
        let detail = "\(exchange.request.place.authority) \(what)."
        let line = "\(head.version) \(head.status) \(head.reason)"
        return [.recordRejected(MessageRefusal(code: code, detail: detail, raw: Array(line.utf8)), .server)]
            + fail(ExchangeError(party: .registry, code: code, detail: detail), exchange)
    }

    private mutating func upstreamEnded(
        _ error: ExchangeError, hasAnswered: Bool, _ exchange: Exchange
    ) -> [Action] {
        // An origin may close a kept connection at any moment, also in the one in which it is used again. What was
        // sent into it was not read, and asking once more is what every client does (RFC 9110 §9.2.2).
        if case .open = upstream, !hasAnswered, let sent = exchange.repeatable {
            var again = exchange
            again.waiting = sent
            again.repeatable = nil
            state = .exchanging(again)
            return open(exchange.request)
        }
        return fail(error, exchange)
    }

    private mutating func fail(_ error: ExchangeError, _ exchange: Exchange) -> [Action] {
        let leaving = leave(exchange, error)
        switch exchange.answer {
        case .awaited: return leaving + close([.answerFailure(error), .finishClient])
        case .begun(let framing, _, _):
            // An orderly end would look like the end of a body that has no other mark of it.
            let isReset = framing == .untilClose || error.code == "connection-reset"
            return leaving + close([.breakClient(isReset: isReset)])
        }
    }

    // MARK: Ends

    private mutating func finishCopying(
        clientFinished: Bool, upstreamFinished: Bool, _ actions: [Action]
    ) -> [Action] {
        guard clientFinished, upstreamFinished else {
            state = .copying(clientFinished: clientFinished, upstreamFinished: upstreamFinished)
            return actions
        }
        return closeUpstream(nil) + close([.finishClient])
    }

    private mutating func closeUpstream(_ error: ExchangeError?) -> [Action] {
        guard upstream != .none else { return [] }
        upstream = .none
        return [.closeUpstream(error)]
    }

    private mutating func close(_ actions: [Action]) -> [Action] {
        state = .closing
        return actions
    }

    private static let clientLeft = ExchangeError(
        party: .client, code: "client-left", detail: "The client closed the connection before its request was complete."
    )
}
