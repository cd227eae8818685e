import Glibc
import Listener
import NIOCore
import NIOSSL
import TapeModel
import Wire

/// One connection of HTTP/1: reads requests one after the other, and answers each before it looks at the next.
///
/// It reads with the refusing `MessageReader`: where the boundary of a message could be read in two ways the client is
/// told so, and nothing behind it is read as a request (RELIABILITY.md S1-S7, S17).
final class HTTP1Connection: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = IOData

    private enum State {
        case idle
        case receiving
        case answering
        case closing
    }

    /// What the client is waited for.
    private enum Phase {
        case idle
        case request
        case answer
    }

    /// RELIABILITY.md D2.
    private static let mostFields = 256
    /// What a client may send ahead while it is being answered.
    private static let mostAhead = 64 << 10

    private let service: ReplayService
    private let door: Door
    private var reader = MessageReader(kind: .request, strictness: .refusing)
    private var parts: [MessagePart] = []
    private var held = ByteBuffer()
    private var state = State.idle
    private var exchange: ReplayExchange?
    private var context: ChannelHandlerContext?
    private var lastWords: LastWords?
    private var isRunning = false
    private var isReadPending = false
    private var hasInputClosed = false
    private var isHead = false
    private var isOldClient = false
    private var keepsAlive = true
    private var hasUnreadContent = false
    // What the beat looks at.
    private var beats: RepeatedTask?
    private var phase = Phase.idle
    private var quietBeats = 0
    private var octetsInBeat = 0
    private var hasWrittenInBeat = false

    init(_ service: ReplayService, _ door: Door) {
        self.service = service
        self.door = door
    }

    // MARK: Reading requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        octetsInBeat += buffer.readableBytes
        if held.readableBytes == 0 { held = buffer } else { held.writeBuffer(&buffer) }
        run()
    }

    private func run() {
        guard !isRunning, let context else { return }
        isRunning = true
        while held.readableBytes > 0, state == .idle || state == .receiving { readMessage(context) }
        if state == .closing { held.clear() }
        if held.readableBytes == 0, hasInputClosed { endOfRequests(context) }
        isRunning = false
        context.flush()
        resumeReading()
    }

    private func readMessage(_ context: ChannelHandlerContext) {
        parts.removeAll(keepingCapacity: true)
        let bytes = held
        do throws(MessageRefusal) {
            let count = try reader.read(held.readableBytesUInt8Span, at: service.clock.now(), into: &parts)
            held.moveReaderIndex(forwardBy: count)
            // Nothing of a head is done before it is known that the rest of the same read is in order.
            for part in parts { try take(part, bytes, context) }
        } catch {
            refuse(error, context)
        }
    }

    private func take(
        _ part: MessagePart, _ bytes: ByteBuffer, _ context: ChannelHandlerContext
    ) throws(MessageRefusal) {
        switch part {
        case .requestHead(let line, let fields, _): try begin(line, fields, context)
        case .body(let range):
            guard state == .receiving else { return }
            bytes.getSlice(at: bytes.readerIndex + range.lowerBound, length: range.count)
                .map { exchange?.requestOctets($0) }
        case .end:
            guard state == .receiving else { return }
            hasUnreadContent = false
            state = .answering
            exchange?.requestEnded()
        case .trailers, .responseHead, .anomaly: break
        }
    }

    private func begin(
        _ line: RequestLine, _ fields: [FieldLine], _ context: ChannelHandlerContext
    ) throws(MessageRefusal) {
        isHead = line.method == "HEAD"
        isOldClient = line.version == "HTTP/1.0"
        guard fields.count <= Self.mostFields else {
            throw MessageRefusal(code: "too-many-fields", detail: "More than \(Self.mostFields) fields in one head.")
        }
        _ = try HopByHop.endToEnd(fields)
        let hasContent = reader.framing != .none
        if line.method == "CONNECT" { return try openTunnel(line, context) }
        let expectation = fields.first("expect")
        if let expectation, !expectation.equalsIgnoringASCIICase("100-continue") {
            throw MessageRefusal(code: "bad-expectation", detail: "No expectation but 100-continue can be met.")
        }
        let target = try RequestTarget(
            OctetText.text(line.target), method: line.method, host: fields.first("host").map(OctetText.text), door: door
        )
        quietBeats = 0
        keepsAlive = HopByHop.isPersistent(fields, version: line.version)
        hasUnreadContent = hasContent
        state = hasContent ? .receiving : .answering
        let exchange = ReplayExchange(
            line.method, target, fields.map { FieldLine($0.name, OctetText.text($0.value)) }, service: service,
            loop: context.eventLoop, sink: self)
        self.exchange = exchange
        exchange.begin(hasContent: hasContent, expectsContinue: expectation != nil && hasContent && !isOldClient)
    }

    private func endOfRequests(_ context: ChannelHandlerContext) {
        switch state {
        case .idle:
            do throws(MessageRefusal) {
                parts.removeAll()
                try reader.endOfStream(into: &parts)
                finish(context)
            } catch {
                // A head without its end; it was sent by somebody who may still be listening.
                refuse(error, context)
            }
        case .receiving:
            exchange?.requestBroken()
            exchange = nil
            state = .closing
            context.close(promise: nil)
        // A client that has closed its half still gets its answer (RELIABILITY.md S17).
        case .answering, .closing: break
        }
    }

    // MARK: Tunnels

    private func openTunnel(_ line: RequestLine, _ context: ChannelHandlerContext) throws(MessageRefusal) {
        guard door.kind == .proxy else {
            throw MessageRefusal(code: "misdirected", detail: "This port is a registry and no proxy; see --proxy.")
        }
        guard reader.framing == .none else {
            throw MessageRefusal(code: "connect-with-content", detail: "CONNECT has content.")
        }
        guard let authority = Authority(line.target, defaultPort: nil) else {
            throw MessageRefusal(code: "bad-target", detail: "CONNECT needs a host and a port.")
        }
        state = .closing
        let leftover = held
        held = ByteBuffer()
        let established = ByteBuffer(string: "HTTP/1.1 200 Connection Established\r\n\r\n")
        context.writeAndFlush(wrapOutboundOut(.byteBuffer(established)), promise: nil)
        do {
            let next = DoorHandler(service: service, door: Door(kind: .tunnel(authority), isTLS: false))
            let pipeline = context.pipeline.syncOperations
            try pipeline.addHandler(next, position: .after(self))
            if leftover.readableBytes > 0 {
                context.fireChannelRead(wrapInboundOut(leftover))
                context.fireChannelReadComplete()
            }
            if hasInputClosed { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
            pipeline.removeHandler(self, promise: nil)
        } catch {
            context.close(promise: nil)
        }
    }

    // MARK: Ending

    private func refuse(_ refusal: MessageRefusal, _ context: ChannelHandlerContext) {
        exchange?.requestBroken()
        exchange = nil
        context.write(wrapOutboundOut(.byteBuffer(HTTP1Refusal.octets(refusal, isHead: isHead))), promise: nil)
        finish(context)
    }

    private func finish(_ context: ChannelHandlerContext) {
        state = .closing
        held.clear()
        let words = LastWords(context.channel, hasInputClosed: hasInputClosed)
        lastWords = words
        words.speak()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return context.fireUserInboundEventTriggered(event) }
        hasInputClosed = true
        lastWords?.inputClosed()
        run()
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? NIOSSLError, case .uncleanShutdown = error { return }
        context.close(promise: nil)
    }

    private func leave() {
        state = .closing
        beats?.cancel()
        exchange?.requestBroken()
        exchange = nil
    }

    // MARK: No faster than the disk and the client

    func read(context: ChannelHandlerContext) {
        let mayRead =
            switch state {
            case .idle, .closing: true
            case .receiving: exchange?.isBusy != true
            case .answering: held.readableBytes < Self.mostAhead
            }
        if mayRead { context.read() } else { isReadPending = true }
    }

    private func resumeReading() {
        guard isReadPending, let context else { return }
        isReadPending = false
        read(context: context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            hasWrittenInBeat = true
            exchange?.resume()
        }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Patience

    private func beat() {
        defer {
            octetsInBeat = 0
            hasWrittenInBeat = false
        }
        let now: Phase
        let isQuiet: Bool
        switch state {
        case .idle:
            now = reader.isInsideMessage ? .request : .idle
            isQuiet = octetsInBeat < ServerPatience.leastOctets
        case .receiving:
            now = .request
            isQuiet = octetsInBeat < ServerPatience.leastOctets && exchange?.isBusy != true
        case .answering:
            now = .answer
            // A client that has sent its last and is told nothing may have left: only writing to it would show.
            let mayStall = context?.channel.isWritable == false || isSendingFile || hasInputClosed
            isQuiet = !hasWrittenInBeat && mayStall
        case .closing: (now, isQuiet) = (.answer, true)
        }
        // A client that was idle for long has its full time for the next request.
        if now != phase { quietBeats = 0 }
        phase = now
        quietBeats = isQuiet ? quietBeats + 1 : 0
        let most =
            switch now {
            case .idle: service.patience.beatsIdle
            case .request: service.patience.beatsForRequest
            case .answer: service.patience.beatsForAnswer
            }
        if quietBeats >= most { context?.close(mode: .all, promise: nil) }
    }

    private var isSendingFile = false

    // MARK: Life of the channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        beats = context.eventLoop.scheduleRepeatedTask(
            initialDelay: service.patience.beat, delay: service.patience.beat
        ) { _ in bound.value.beat() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        leave()
        self.context = nil
    }
}

extension HTTP1Connection: ReplySink {
    var isWritable: Bool { context?.channel.isWritable ?? false }
    var takesFiles: Bool { !door.isTLS }
    var firstPiece: Int64 { ReplyPump.pieceSize }

    func sendContinue() {
        write(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n"))
        flush()
    }

    func isReadyForMore() { resumeReading() }

    func sendHead(_ head: ReplyHead, isEnd: Bool) {
        // An answer before the request is over leaves octets of it unread: no connection for another one (S11).
        if hasUnreadContent { keepsAlive = false }
        state = .answering
        write(ByteBuffer(string: head.text(closes: !keepsAlive, isOldClient: isOldClient)))
    }

    func sendOctets(_ octets: ByteBuffer, isEnd: Bool) { write(octets) }

    func sendFile(_ region: FileRegion, isEnd: Bool, then: @escaping (Bool) -> Void) {
        guard let context else { return then(false) }
        isSendingFile = true
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { [self] result in
            isSendingFile = false
            hasWrittenInBeat = true
            if case .success = result { then(true) } else { then(false) }
        }
        context.writeAndFlush(wrapOutboundOut(.fileRegion(region)), promise: promise)
    }

    func flush() {
        if !isRunning { context?.flush() }
    }

    func replyEnded() {
        guard let context, state == .answering else { return }
        exchange = nil
        guard keepsAlive else { return finish(context) }
        state = .idle
        run()
    }

    func breakOff(isReset: Bool) {
        guard let context else { return }
        state = .closing
        exchange = nil
        let pipeline = context.pipeline.syncOperations
        // Without a word of TLS: what broke off must not look as if it had ended.
        let beneath = (try? pipeline.context(handlerType: NIOSSLServerHandler.self)) ?? context
        guard isReset, let provider = context.channel as? any SocketOptionProvider else {
            context.writeAndFlush(wrapOutboundOut(.byteBuffer(ByteBuffer()))).assumeIsolated().whenComplete { _ in
                beneath.close(promise: nil)
            }
            return
        }
        provider.setSoLinger(linger(l_onoff: 1, l_linger: 0)).assumeIsolated().whenComplete { _ in
            beneath.close(promise: nil)
        }
    }

    private func write(_ octets: ByteBuffer) {
        context?.write(wrapOutboundOut(.byteBuffer(octets)), promise: nil)
    }
}
