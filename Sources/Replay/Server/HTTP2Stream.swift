import NIOCore
import NIOHPACK
import NIOHTTP2
import TapeModel
import Wire

/// One stream of HTTP/2: a request and its answer (RFC 9113 §8).
///
/// NIO checks frames, header sections and content lengths before anything gets here; what is checked here is what could
/// mean something else elsewhere (RELIABILITY.md S8).
final class HTTP2Stream: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private static let mostFields = 256

    private let service: ReplayService
    private let door: Door
    private var context: ChannelHandlerContext?
    private var exchange: ReplayExchange?
    private var hasBegun = false
    private var hasRequestEnded = false
    private var hasReplyEnded = false
    private var isReadPending = false
    /// Of an answer before the request's end: when its last octets have left.
    private var lastWrite: EventLoopFuture<Void>?
    private var beats: RepeatedTask?
    private var quietBeats = 0
    private var octetsInBeat = 0
    private var hasTakenInBeat = false

    init(_ service: ReplayService, _ door: Door) {
        self.service = service
        self.door = door
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let frame):
            if frame.endStream { hasRequestEnded = true }
            switch (hasBegun, frame.endStream) {
            case (false, true): beginLater(frame.headers, context)
            case (false, false): begin(frame.headers, context)
            case (true, true): exchange?.requestEnded()
            case (true, false): break
            }
        case .data(let frame):
            if frame.endStream { hasRequestEnded = true }
            if case .byteBuffer(let octets) = frame.data {
                octetsInBeat += octets.readableBytes
                exchange?.requestOctets(octets)
            }
            if frame.endStream { exchange?.requestEnded() }
        default: break
        }
    }

    /// Answers a whole request when all that arrived with it was read.
    ///
    /// A stream that is opened and reset in one breath costs no answer then, and a flood of them keeps nobody waiting for
    /// answers that nobody wants (RELIABILITY.md H1).
    private func beginLater(_ headers: HPACKHeaders, _ context: ChannelHandlerContext) {
        hasBegun = true
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute {
            guard let context = bound.value.context else { return }
            bound.value.begin(headers, context)
        }
    }

    private func begin(_ headers: HPACKHeaders, _ context: ChannelHandlerContext) {
        hasBegun = true
        beginBeats(context)
        var method = ""
        var path = ""
        var scheme = ""
        var authority: String?
        var fields: [FieldLine] = []
        for (name, value, _) in headers {
            switch name {
            case ":method": method = value
            case ":path": path = value
            case ":authority": authority = value
            case ":scheme": scheme = value
            default: fields.append(FieldLine(name, value))
            }
        }
        let host = authority ?? fields.first("host")
        // Fields that speak of the connection do not exist in HTTP/2, nor does a request without a path (§8.2.2, §8.3.1).
        guard FieldSyntax.isToken(method), path.hasPrefix("/") || path == "*",
            path.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }), method != "CONNECT",
            scheme == "http" || scheme == "https", fields.allSatisfy(FieldSyntax.isField), Self.hasOneLength(fields),
            fields.values(of: "host").allSatisfy({ $0.equalsIgnoringASCIICase(host ?? "") })
        else { return reset(.protocolError) }
        let target: RequestTarget
        do throws(MessageRefusal) {
            target = try RequestTarget(path, method: method, host: host, door: door)
        } catch {
            return reset(.protocolError)
        }
        let exchange = ReplayExchange(
            method, target, fields, service: service, loop: context.eventLoop, sink: self)
        self.exchange = exchange
        guard fields.count <= Self.mostFields else {
            return exchange.begin(
                with: .error(431, code: "UNSUPPORTED", "more than \(Self.mostFields) fields in one head"))
        }
        let expectation = fields.first("expect")?.lowercasedASCII
        exchange.begin(hasContent: !hasRequestEnded, expectsContinue: expectation == "100-continue" && !hasRequestEnded)
    }

    /// Whether a length, where there is one, can be read in one way only (RFC 9110 §8.6).
    private static func hasOneLength(_ fields: [FieldLine]) -> Bool {
        let lengths = fields.values(of: "content-length")
        guard let length = lengths.first else { return true }
        return lengths.count == 1 && !length.isEmpty && length.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private func reset(_ code: HTTP2ErrorCode) {
        exchange?.requestBroken()
        exchange = nil
        hasReplyEnded = true
        context?.writeAndFlush(wrapOutboundOut(.rstStream(code)), promise: nil)
    }

    // MARK: No faster than the disk and the client

    func read(context: ChannelHandlerContext) {
        if exchange?.isBusy == true { isReadPending = true } else { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            hasTakenInBeat = true
            exchange?.resume()
        }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Life of the stream

    /// A stream that neither brings nor takes anything is given up (RELIABILITY.md H5).
    private func beat() {
        let isMoving =
            hasRequestEnded
            ? hasTakenInBeat || context?.channel.isWritable == true
            : hasTakenInBeat || octetsInBeat >= ServerPatience.leastOctets || exchange?.isBusy == true
        quietBeats = isMoving ? 0 : quietBeats + 1
        hasTakenInBeat = false
        octetsInBeat = 0
        let most = hasRequestEnded ? service.patience.beatsForAnswer : service.patience.beatsForRequest
        if quietBeats >= most { reset(.cancel) }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    private func beginBeats(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        beats = context.eventLoop.scheduleRepeatedTask(
            initialDelay: service.patience.beat, delay: service.patience.beat
        ) { _ in bound.value.beat() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        beats?.cancel()
        leave()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        beats?.cancel()
        leave()
        self.context = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        leave()
        context.close(promise: nil)
    }

    private func leave() {
        exchange?.requestBroken()
        exchange = nil
    }
}

extension HTTP2Stream: ReplySink {
    var isWritable: Bool { context?.channel.isWritable ?? false }
    var takesFiles: Bool { false }
    var firstPiece: Int64 { Int64(HTTP2Limits.held) }

    func sendContinue() {
        let headers: HPACKHeaders = [":status": "100"]
        context?.writeAndFlush(wrapOutboundOut(.headers(.init(headers: headers))), promise: nil)
    }

    func isReadyForMore() {
        guard isReadPending, let context else { return }
        isReadPending = false
        read(context: context)
    }

    func sendInterim(_ head: ReplyHead) {
        let headers = Self.headers(head.fields, status: head.status)
        context?.writeAndFlush(wrapOutboundOut(.headers(.init(headers: headers))), promise: nil)
    }

    private static func headers(_ fields: [FieldLine], status: Int?) -> HPACKHeaders {
        var headers = HPACKHeaders()
        if let status { headers.add(name: ":status", value: String(status)) }
        for field in fields { headers.add(name: field.name.lowercasedASCII, value: field.value) }
        return headers
    }

    func sendTrailers(_ head: ReplyHead) {
        write(.headers(.init(headers: Self.headers(head.trailers, status: nil), endStream: true)), isEnd: true)
    }

    func sendHead(_ head: ReplyHead, isEnd: Bool) {
        var headers = Self.headers(head.fields, status: head.status)
        if let length = head.contentLength { headers.add(name: "content-length", value: String(length)) }
        write(.headers(.init(headers: headers, endStream: isEnd)), isEnd: isEnd)
        flush()
    }

    func sendOctets(_ octets: ByteBuffer, isEnd: Bool) {
        hasTakenInBeat = true
        write(.data(.init(data: .byteBuffer(octets), endStream: isEnd)), isEnd: isEnd)
    }

    private func write(_ payload: HTTP2Frame.FramePayload, isEnd: Bool) {
        guard let context else { return }
        guard isEnd, !hasRequestEnded else { return context.write(wrapOutboundOut(payload), promise: nil) }
        lastWrite = context.write(wrapOutboundOut(payload))
    }

    func sendFile(_ region: FileRegion, isEnd: Bool, then: @escaping (Bool) -> Void) { then(false) }

    func flush() { context?.flush() }

    func replyEnded() {
        exchange = nil
        hasReplyEnded = true
        guard !hasRequestEnded, let lastWrite else { return }
        flush()
        // The rest of the request is not wanted (RFC 9113 §8.1); a reset before the answer has left would take it along.
        lastWrite.assumeIsolated().whenComplete { [self] _ in
            guard !hasRequestEnded else { return }
            context?.writeAndFlush(wrapOutboundOut(.rstStream(.noError)), promise: nil)
        }
    }

    func breakOff(isReset: Bool) {
        guard !isReset, let context else { return reset(.internalError) }
        exchange = nil
        // A reset takes along what has not left yet, and the client is to have what came before the cut.
        let nothing = HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(ByteBuffer())))
        context.writeAndFlush(wrapOutboundOut(nothing)).assumeIsolated().whenComplete { [self] _ in
            reset(.internalError)
        }
    }
}
