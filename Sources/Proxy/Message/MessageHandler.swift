import Listener
import NIOCore
import TapeModel
import Wire

/// The client's side of the two modes in which the proxy is a party to the messages: plain and reverse.
///
/// One exchange at a time: a pipelined request waits until the answer before it is complete, because the next one
/// may go to another origin. Nothing ambiguous is passed on in either direction.
final class MessageHandler: ChannelDuplexHandler, UpstreamOwner {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The exchange in hand.
    private struct Current {
        let head: RequestHead
        let destination: ReverseRewriter.Destination
        let base: String
        let isHead: Bool
        let framing: MessageFraming
        var keepAlive: Bool
        /// What could not be sent yet because the upstream connection is still being opened.
        var waiting: [ByteBuffer]
        var requestEnded = false
        var requestTrailers: [FieldLine] = []
        var interimCount = 0
        var response: MessageWriter?
        var responseTrailers: [FieldLine] = []
    }

    /// RELIABILITY.md S14: the seventeenth interim response is one too many.
    private static let mostInterim = 16

    private let services: ProxyServices
    private var rewriter: ReverseRewriter?
    private var reader = MessageReader(kind: .request, strictness: .refusing)
    private var held = ByteBuffer()
    private var current: Current?
    private var upstream: UpstreamLeg?
    private var context: ChannelHandlerContext?
    private var isReadPending = false
    private var isWaitingForTap = false
    private var hasInputClosed = false
    private var isClosing = false

    init(services: ProxyServices) {
        self.services = services
        rewriter = services.settings.reverse.map { ReverseRewriter(target: $0, places: services.places) }
    }

    // MARK: From the client

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        if held.readableBytes == 0 { held = buffer } else { held.writeBuffer(&buffer) }
        work(context)
    }

    private func work(_ context: ChannelHandlerContext) {
        while held.readableBytes > 0, !isClosing, current?.requestEnded != true {
            var parts: [MessagePart] = []
            do {
                let count = try reader.read(held.readableBytesUInt8Span, at: services.clock.now(), into: &parts)
                let bytes = held
                held.moveReaderIndex(forwardBy: count)
                for part in parts where !isClosing { try handle(part, bytes, context) }
            } catch let refusal as MessageRefusal {
                return refuse(refusal, context)
            } catch {
                return context.close(promise: nil)
            }
        }
        upstream?.flush()
    }

    private func handle(_ part: MessagePart, _ bytes: ByteBuffer, _ context: ChannelHandlerContext) throws {
        switch part {
        case .requestHead(let line, let fields, _): try begin(line, fields, context)
        case .body(let range):
            guard let slice = bytes.getSlice(at: bytes.readerIndex + range.lowerBound, length: range.count) else {
                return
            }
            forward(MessageWriter(framing: current?.framing ?? .none).content(slice))
        case .trailers(let fields): current?.requestTrailers = HopByHop.trailers(fields)
        case .end:
            guard let exchange = current else { return }
            forward(MessageWriter(framing: exchange.framing).end(trailers: exchange.requestTrailers))
            current?.requestEnded = true
        case .responseHead, .anomaly: break
        }
    }

    private func begin(_ line: RequestLine, _ fields: [FieldLine], _ context: ChannelHandlerContext) throws {
        let endToEnd = try HopByHop.endToEnd(fields)
        guard let destination = destination(of: line) else {
            throw MessageRefusal(
                code: rewriter == nil ? "not-a-proxy-request" : "unknown-place",
                detail: rewriter == nil
                    ? "This is the regtape proxy: set it as HTTPS_PROXY or HTTP_PROXY, or start it with --reverse URL "
                        + "to be used as a registry."
                    : "No response has named that place.")
        }
        let forwarded =
            destination.mayHaveCredentials
            ? endToEnd : endToEnd.filter { !$0.name.equalsIgnoringASCIICase("authorization") }
        let url = "\(destination.scheme)://\(destination.authority.text(in: destination.scheme))\(destination.target)"
        let head = RequestHead(method: line.method, url: url, version: line.version, fields: fields)
        let exchange = Current(
            head: head, destination: destination, base: "http://" + (fields.first("host") ?? ""),
            isHead: line.method == "HEAD", framing: reader.framing,
            keepAlive: HopByHop.isPersistent(fields, version: line.version), waiting: [])
        current = exchange
        let bytes = MessageWriter.requestHead(
            line.method, destination.target, host: destination.authority.text(in: destination.scheme),
            fields: forwarded, framing: exchange.framing)
        connect(to: destination, method: line.method, context)
        forward(bytes)
    }

    private func destination(of line: RequestLine) -> ReverseRewriter.Destination? {
        if let rewriter { return rewriter.destination(of: line.target) }
        guard let origin = Origin(url: line.target) else { return nil }
        return .init(
            scheme: origin.scheme, authority: origin.authority, target: origin.rest.isEmpty ? "/" : origin.rest,
            mayHaveCredentials: true)
    }

    private func connect(to destination: ReverseRewriter.Destination, method: String, _ context: ChannelHandlerContext)
    {
        if let upstream, upstream.isOpen, upstream.scheme == destination.scheme,
            upstream.authority == destination.authority
        {
            return upstream.expectResponse(toMethod: method)
        }
        upstream?.close()
        let leg = UpstreamLeg(
            services: services, scheme: destination.scheme, authority: destination.authority,
            mode: rewriter == nil ? .plain : .reverse, client: context.remoteAddress?.plainText ?? "", owner: self)
        upstream = leg
        leg.expectResponse(toMethod: method)
        leg.open(on: context.eventLoop)
    }

    private func forward(_ bytes: ByteBuffer) {
        guard let upstream, bytes.readableBytes > 0 else { return }
        if upstream.isOpen { upstream.send(bytes) } else { current?.waiting.append(bytes) }
    }

    // MARK: From upstream

    func upstreamReady() {
        guard let upstream, let exchange = current else { return }
        for buffer in exchange.waiting { upstream.send(buffer) }
        current?.waiting = []
        upstream.flush()
        resumeReading()
    }

    func upstreamRead(_ parts: [MessagePart], _ framing: MessageFraming, of bytes: ByteBuffer) {
        guard let context else { return }
        for part in parts {
            switch part {
            case .responseHead(let head, _): answer(head, framing, context)
            case .body(let range):
                guard let writer = current?.response,
                    let slice = bytes.getSlice(at: bytes.readerIndex + range.lowerBound, length: range.count)
                else { continue }
                context.write(wrapOutboundOut(writer.content(slice)), promise: nil)
            case .trailers(let fields): current?.responseTrailers = HopByHop.trailers(fields)
            case .end: endResponse(context)
            case .requestHead, .anomaly: break
            }
        }
        context.flush()
    }

    private func answer(_ head: ResponseHead, _ framing: MessageFraming, _ context: ChannelHandlerContext) {
        guard var exchange = current else { return }
        guard head.status != 101, let endToEnd = try? HopByHop.endToEnd(head.fields) else {
            return failExchange(
                ExchangeError(
                    party: .registry, code: "bad-response",
                    detail: "\(exchange.destination.authority) answered in a way that cannot be passed on."), context)
        }
        let fields = rewriter?.rewrite(endToEnd, from: exchange.destination, base: exchange.base) ?? endToEnd
        if (100..<200).contains(head.status) {
            exchange.interimCount += 1
            current = exchange
            guard exchange.interimCount <= Self.mostInterim else {
                return failExchange(
                    ExchangeError(
                        party: .registry, code: "too-many-interim",
                        detail:
                            "\(exchange.destination.authority) sent more than \(Self.mostInterim) interim responses."),
                    context)
            }
            let bytes = MessageWriter.responseHead(head, fields: fields, framing: .none, closes: false)
            return context.write(wrapOutboundOut(bytes), promise: nil)
        }
        // HTTP/1.0 clients know no chunks, and a length that only the end tells ends with the connection.
        let isOld = exchange.head.version == "HTTP/1.0"
        let outgoing: MessageFraming = framing == .chunked && isOld ? .untilClose : framing
        // An answer before the request is over leaves octets of it unread; the connection cannot be used again (S11).
        if outgoing == .untilClose || !exchange.requestEnded && exchange.framing != .none { exchange.keepAlive = false }
        exchange.response = MessageWriter(framing: outgoing)
        current = exchange
        let bytes = MessageWriter.responseHead(head, fields: fields, framing: outgoing, closes: !exchange.keepAlive)
        context.write(wrapOutboundOut(bytes), promise: nil)
    }

    private func endResponse(_ context: ChannelHandlerContext) {
        // The end of an interim response is no end of the exchange.
        guard let exchange = current, let writer = exchange.response else { return }
        let end = writer.end(trailers: exchange.responseTrailers)
        if end.readableBytes > 0 { context.write(wrapOutboundOut(end), promise: nil) }
        current = nil
        guard exchange.keepAlive, exchange.requestEnded || exchange.framing == .none,
            !hasInputClosed || held.readableBytes > 0
        else {
            upstream?.close()
            return finish(context)
        }
        context.flush()
        let loop = context.eventLoop
        // Later and not here: the upstream leg is still in the middle of its own read.
        loop.assumeIsolated().execute {
            guard let context = self.context else { return }
            self.work(context)
            self.resumeReading()
        }
    }

    func upstreamFailed(_ error: ExchangeError) {
        let failed = upstream
        upstream = nil
        guard let context, let exchange = current else { return }
        if !exchange.waiting.isEmpty { failed?.recordRefused(exchange.head, error) }
        failExchange(error, context)
    }

    private func failExchange(_ error: ExchangeError, _ context: ChannelHandlerContext) {
        let exchange = current
        current = nil
        upstream?.close()
        upstream = nil
        guard let exchange, exchange.response == nil else {
            // Half an answer is out: only a broken connection tells the client that the rest will not come.
            isClosing = true
            return context.close(promise: nil)
        }
        let isLoop = error.code == "proxy-loop"
        let text = FailureAnswer.response(
            status: isLoop ? 403 : 502, reason: isLoop ? "Forbidden" : "Bad Gateway", error: error,
            isHead: exchange.isHead, keepAlive: false)
        context.write(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        finish(context)
    }

    func upstreamWritable() { resumeReading() }

    var mayReadUpstream: Bool {
        guard let context else { return true }
        if services.tap.isFull { waitForTap(context) }
        return context.channel.isWritable && !services.tap.isFull
    }

    // MARK: Refusing and closing

    private func refuse(_ refusal: MessageRefusal, _ context: ChannelHandlerContext) {
        let error = ExchangeError(party: .client, code: refusal.code, detail: refusal.detail)
        services.tap.put(
            .anomaly(
                Anomaly(
                    connection: 0, side: .client, seen: services.clock.now(), code: "rejected",
                    detail: "\(refusal.code): \(refusal.detail)", raw: refusal.raw)))
        let isTooLarge = refusal.code == "head-too-large" || refusal.code == "too-many-fields"
        let text = FailureAnswer.response(
            status: isTooLarge ? 431 : 400, reason: isTooLarge ? "Request Header Fields Too Large" : "Bad Request",
            error: error, isHead: false, keepAlive: false)
        if current?.response == nil { context.write(wrapOutboundOut(ByteBuffer(string: text)), promise: nil) }
        current = nil
        upstream?.close()
        upstream = nil
        finish(context)
    }

    private func finish(_ context: ChannelHandlerContext) {
        isClosing = true
        context.flush()
        // Half first, so that a client still sending gets to read the answer instead of a reset.
        let channel = context.channel
        channel.close(mode: .output).whenComplete { _ in
            channel.eventLoop.scheduleTask(in: .milliseconds(500)) { channel.close(promise: nil) }
        }
    }

    // MARK: Reading no faster than everybody can follow

    func read(context: ChannelHandlerContext) {
        let isWaiting =
            current != nil
            && (current?.requestEnded == true || upstream?.isOpen != true || upstream?.isWritable != true)
        if isClosing || (!isWaiting && !services.tap.isFull) { return context.read() }
        isReadPending = true
        if services.tap.isFull { waitForTap(context) }
    }

    private func resumeReading() {
        guard isReadPending, let context else { return }
        isReadPending = false
        read(context: context)
    }

    private func waitForTap(_ context: ChannelHandlerContext) {
        guard !isWaitingForTap else { return }
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

    // MARK: Life of the channel

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return context.fireUserInboundEventTriggered(event) }
        hasInputClosed = true
        // A request that is whole still gets its answer; one that is not never will be.
        if current == nil || current?.requestEnded == false { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosing = true
        upstream?.close()
        upstream = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
