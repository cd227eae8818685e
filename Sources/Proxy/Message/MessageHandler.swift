import Glibc
import Listener
import NIOCore
import TapeModel
import Wire

/// The client's side of the two modes in which the proxy is a party to the messages: plain and reverse.
///
/// A shell: it turns what the sockets bring into events of `MessageMachine`, one after the other, and performs what
/// that decides. Events that arise while it does so wait in line, so that no decision is made on half a state.
final class MessageHandler: ChannelDuplexHandler, UpstreamOwner {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let services: ProxyServices
    private let router: MessageRouter
    private var machine = MessageMachine()
    private var events = CircularBuffer<MessageMachine.Event>()
    private var isDriving = false

    private var reader = MessageReader(kind: .request, strictness: .refusing)
    private var held = ByteBuffer()
    /// Of the request in hand.
    private var route: MessageRouter.Route?
    /// Of the answer in hand.
    private var answerWriter = MessageWriter(framing: .none)
    private var upstream: UpstreamLeg?

    private var context: ChannelHandlerContext?
    private var lastWords: LastWords?
    private var timer: Scheduled<Void>?
    private var isReadPending = false
    private var isWaitingForTap = false
    private var hasInputClosed = false
    private var hasToldInputClosed = false

    init(services: ProxyServices) {
        self.services = services
        router = MessageRouter(
            services.settings.reverse.map { ReverseRewriter(target: $0, places: services.places) })
    }

    // MARK: Driving the machine

    private func drive(_ event: MessageMachine.Event) {
        events.append(event)
        run()
    }

    private func run() {
        guard !isDriving else { return }
        isDriving = true
        repeat {
            while let event = events.popFirst() {
                for action in machine.handle(event) { perform(action) }
            }
        } while readOn()
        isDriving = false
        upstream?.flush()
        context?.flush()
        watch()
        resumeReading()
    }

    /// Turns the next of the held octets into events; false where there is nothing that can be read now.
    private func readOn() -> Bool {
        guard !machine.isClosing else {
            held.clear()
            return false
        }
        if held.readableBytes > 0 {
            guard !machine.isCopying else {
                events.append(.requestOctets(held))
                held.clear()
                return true
            }
            guard machine.wantsRequest else { return false }
            readMessage()
            return true
        }
        guard hasInputClosed, !hasToldInputClosed, machine.wantsRequest || machine.isCopying else { return false }
        hasToldInputClosed = true
        events.append(endOfRequests())
        return true
    }

    private func readMessage() {
        if machine.isIdle { route = nil }
        var parts: [MessagePart] = []
        let bytes = held
        do throws(MessageRefusal) {
            let count = try reader.read(held.readableBytesUInt8Span, at: services.clock.now(), into: &parts)
            held.moveReaderIndex(forwardBy: count)
            for part in parts { try append(part, bytes) }
        } catch {
            // Nothing of a head is done before it is known that the rest of the same read is in order.
            held.clear()
            events.append(.requestRefused(error.showing(bytes)))
        }
    }

    private func append(_ part: MessagePart, _ bytes: ByteBuffer) throws(MessageRefusal) {
        switch part {
        case .requestHead(let line, let fields, _):
            let route = try router.route(line, fields, framing: reader.framing)
            self.route = route
            requestTrailers = []
            events.append(.requestReceived(route.request))
        case .body(let range):
            guard let slice = bytes.getSlice(at: bytes.readerIndex + range.lowerBound, length: range.count) else {
                return
            }
            events.append(.requestOctets(requestWriter.content(slice)))
        case .trailers(let fields): requestTrailers = HopByHop.trailers(fields)
        case .end: events.append(.requestEnded(requestWriter.end(trailers: requestTrailers)))
        case .responseHead, .anomaly: break
        }
    }

    private var requestTrailers: [FieldLine] = []
    private var requestWriter: MessageWriter { MessageWriter(framing: route?.request.framing ?? .none) }

    private func endOfRequests() -> MessageMachine.Event {
        guard !machine.isCopying, !reader.isInsideContent else { return .clientFinished }
        var parts: [MessagePart] = []
        do {
            try reader.endOfStream(into: &parts)
            return .clientFinished
        } catch {
            // A head without its end; it was sent by somebody who may still be listening.
            return .requestRefused(error)
        }
    }

    // MARK: Performing

    private func perform(_ action: MessageMachine.Action) {
        guard let context else { return }
        switch action {
        case .openUpstream(let place):
            let leg = UpstreamLeg(
                services: services, place: place, mode: router.mode, client: context.remoteAddress?.plainText ?? "",
                owner: self)
            upstream = leg
            leg.open(on: context.eventLoop)
        case .expectAnswer(let method): upstream?.expectAnswer(toMethod: method)
        case .sendUpstream(let octets): upstream?.send(octets)
        case .finishUpstream: upstream?.finish()
        case .closeUpstream(let error):
            upstream?.close(error)
            upstream = nil
        case .answer(let head, let framing, let persistence):
            answerWriter = MessageWriter(framing: framing)
            write(MessageWriter.responseHead(head, framing: framing, persistence), context)
        case .answerOctets(let octets): write(answerWriter.content(octets), context)
        case .endAnswer(let trailers): write(answerWriter.end(trailers: trailers), context)
        case .answerFailure(let error):
            let isHead = route?.request.method == "HEAD"
            write(ByteBuffer(string: FailureAnswer.response(error, isHead: isHead)), context)
        case .recordRejected(let refusal, let side): recordRejected(refusal, side)
        case .recordUnsent(let error):
            if let route { upstream?.recordUnsent(route.head, error) }
        case .finishAnswers: context.close(mode: .output, promise: nil)
        case .finishClient:
            let words = LastWords(context.channel, hasInputClosed: hasInputClosed)
            lastWords = words
            words.speak()
        case .breakClient(let isReset): breakClient(context, isReset: isReset)
        }
    }

    private func write(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) {
        guard buffer.readableBytes > 0 else { return }
        context.write(wrapOutboundOut(buffer), promise: nil)
    }

    private func recordRejected(_ refusal: MessageRefusal, _ side: Side) {
        if side == .server, let upstream { return upstream.recordRejected(refusal) }
        services.tap.put(
            .anomaly(Anomaly(rejected: refusal, side: side, connection: 0, seen: services.clock.now())))
    }

    private func breakClient(_ context: ChannelHandlerContext, isReset: Bool) {
        let channel = context.channel
        guard isReset, let provider = channel as? any SocketOptionProvider else {
            channel.writeAndFlush(ByteBuffer()).whenComplete { _ in channel.close(promise: nil) }
            return
        }
        context.flush()
        provider.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in
            channel.close(promise: nil)
        }
    }

    // MARK: From the client

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        if held.readableBytes == 0 { held = buffer } else { held.writeBuffer(&buffer) }
        run()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return context.fireUserInboundEventTriggered(event) }
        hasInputClosed = true
        lastWords?.inputClosed()
        run()
    }

    func channelInactive(context: ChannelHandlerContext) {
        drive(
            .clientLeft(
                ExchangeError(
                    party: .client, code: "client-left",
                    detail: "The client closed the connection before it had the whole answer.")))
        timer?.cancel()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        drive(.clientLeft(DialFailure.copying(.client, error)))
        context.close(promise: nil)
    }

    // MARK: From upstream

    func upstream(_ leg: UpstreamLeg, _ event: UpstreamLeg.Event) {
        guard leg === upstream else { return }
        switch event {
        case .opened: drive(.upstreamOpened)
        case .read(let parts, let framing, let bytes, let end):
            for part in parts { append(part, framing, bytes) }
            if let end { events.append(.upstreamEnded(end, hasAnswered: true)) }
            run()
        case .refused(let refusal): drive(.answerRefused(refusal))
        case .octets(let buffer): drive(.answerOctets(buffer))
        case .finished: drive(.upstreamFinished)
        case .writable: resumeReading()
        case .ended(let error, let hasAnswered): drive(.upstreamEnded(error, hasAnswered: hasAnswered))
        }
    }

    private func append(_ part: MessagePart, _ framing: MessageFraming, _ bytes: ByteBuffer) {
        switch part {
        case .responseHead(let head, _):
            guard let route else { return }
            do throws(MessageRefusal) {
                events.append(.answerReceived(try router.answer(head, framing: framing, on: route)))
                answerTrailers = []
            } catch {
                events.append(.answerRefused(error))
            }
        case .body(let range):
            guard let slice = bytes.getSlice(at: bytes.readerIndex + range.lowerBound, length: range.count) else {
                return
            }
            events.append(.answerOctets(slice))
        case .trailers(let fields): answerTrailers = HopByHop.trailers(fields)
        case .end: events.append(.answerEnded(trailers: answerTrailers))
        case .requestHead, .anomaly: break
        }
    }

    private var answerTrailers: [FieldLine] = []

    // MARK: Reading no faster than everybody can follow

    func read(context: ChannelHandlerContext) {
        let canFollow =
            machine.isClosing
            || (machine.canTakeOctets && !services.tap.isFull && upstream?.isWritable ?? true)
        if canFollow { return context.read() }
        isReadPending = true
        waitForTap(context)
    }

    var mayReadUpstream: Bool {
        guard let context else { return true }
        waitForTap(context)
        return context.channel.isWritable && !services.tap.isFull
    }

    private func resumeReading() {
        guard isReadPending, let context else { return }
        isReadPending = false
        read(context: context)
    }

    private func waitForTap(_ context: ChannelHandlerContext) {
        guard services.tap.isFull, !isWaitingForTap else { return }
        isWaitingForTap = true
        let loop = context.eventLoop
        let bound = NIOLoopBound(self, eventLoop: loop)
        services.tap.whenDrained {
            loop.execute {
                bound.value.isWaitingForTap = false
                bound.value.resumeReading()
                bound.value.upstream?.resumeReading()
            }
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { upstream?.resumeReading() }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Patience

    /// A head that has begun comes to its end soon; so does the wait for a client that seems to have left.
    private func watch() {
        guard let loop = context?.eventLoop else { return }
        let isInsideHead = machine.wantsRequest && reader.isInsideMessage && !reader.isInsideContent
        let isAbandoned = hasInputClosed && machine.isAwaitingAnswer
        guard isInsideHead || isAbandoned else {
            timer?.cancel()
            timer = nil
            return
        }
        guard timer == nil else { return }
        let patience = services.settings.messagePatience
        timer = loop.assumeIsolated().scheduleTask(in: isInsideHead ? patience.head : patience.abandoned) {
            self.drive(
                .clientLeft(
                    ExchangeError(
                        party: .client, code: isInsideHead ? "head-timeout" : "client-left",
                        detail: isInsideHead
                            ? "The client began a request and did not go on."
                            : "The client closed its half of the connection and got no answer in time.")))
            self.context?.close(promise: nil)
        }
    }

    // MARK: Life of the channel

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        timer?.cancel()
    }
}

extension MessagePart {
    /// Whether a message begins with it.
    var isHead: Bool {
        switch self {
        case .requestHead, .responseHead: true
        case .body, .trailers, .end, .anomaly: false
        }
    }
}
