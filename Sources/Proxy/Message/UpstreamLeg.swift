import Listener
import NIOCore
import NIOSSL
import NIOTLS
import TapeModel
import Wire

/// What an upstream leg tells the client's handler, on their common event loop.
protocol UpstreamOwner: AnyObject {
    func upstream(_ leg: UpstreamLeg, _ event: UpstreamLeg.Event)
    var mayReadUpstream: Bool { get }
}

/// One connection from us to an origin in the message modes.
///
/// The tape holds what crosses this connection. The leg reads answers, tells its owner once when it is at its end, and
/// nothing after it was closed.
final class UpstreamLeg: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Event {
        case opened
        /// Parts of an answer, with the octets that their ranges point into, and the error with which the leg ends
        /// behind them.
        case read([MessagePart], MessageFraming, of: ByteBuffer, ExchangeError? = nil)
        case refused(MessageRefusal)
        /// Octets and the end of another protocol, behind 101 (Switching Protocols).
        case octets(ByteBuffer)
        case finished
        case writable
        case ended(ExchangeError, hasAnswered: Bool)
    }

    let place: Place
    private let services: ProxyServices
    private let id: ConnectionID
    private weak var owner: (any UpstreamOwner)?
    private var record: LegRecord
    private var judgement: ChainJudgement?
    private var handshakeStarted: Instant?
    private var hello: ServerHello?
    private var reader = MessageReader(kind: .response, strictness: .refusing)
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?
    private var isReadPending = false
    private var isDialing = false
    private var isOpen = false
    /// Whether a request has been sent whose final answer has not ended.
    private var isAwaiting = false
    private var hasAnswered = false
    private var isSwitched = false
    private var isTruncated = false

    init(services: ProxyServices, place: Place, mode: Connection.Mode, client: String, owner: any UpstreamOwner) {
        self.services = services
        self.place = place
        self.owner = owner
        id = services.connections.next()
        record = LegRecord(
            Connection(
                id: id, source: .proxy, mode: mode, started: services.clock.now(), client: client,
                authority: place.authority.description),
            scheme: place.scheme, tap: services.tap, clock: services.clock)
    }

    var isWritable: Bool { context?.channel.isWritable ?? false }

    // MARK: Opening

    func open(on eventLoop: any EventLoop) {
        isDialing = true
        OriginDialer(services: services, eventLoop: eventLoop)
            .dial(place.authority, through: services.settings.upstreamProxy).assumeIsolated().whenComplete { result in
                self.isDialing = false
                switch result {
                case .success(let dialed): self.dialed(dialed)
                case .failure(let error):
                    self.end(DialFailure.dialing(self.place.authority.description, error))
                    // Closed while it was being dialled, it has heard its last word.
                    if self.owner == nil { self.record.ended(by: .recorder) }
                }
            }
    }

    private func dialed(_ dialed: OriginDialer.Dialed) {
        record.connection.server = dialed.channel.remoteAddress?.plainText
        record.connection.timing = dialed.timing
        guard owner != nil else {
            record.ended(by: .recorder)
            return dialed.channel.close(promise: nil)
        }
        do {
            if place.scheme == "https" {
                let hello = ServerHelloReader(side: .server) { [weak self] in self?.hello = $0 }
                try dialed.channel.pipeline.syncOperations.addHandlers([hello, tlsHandler(), self])
                startTimer(services.settings.messagePatience.handshake) { leg in
                    leg.break(
                        ExchangeError(
                            party: .network, code: "handshake-timeout",
                            detail: "\(leg.place.authority) did not finish the TLS handshake."))
                }
            } else {
                try dialed.channel.pipeline.syncOperations.addHandler(self)
            }
            // Behind an upstream proxy the other end can have spoken already, which is no answer to what we ask next.
            if dialed.spoken.readableBytes > 0 {
                dialed.channel.pipeline.fireChannelRead(dialed.spoken)
                dialed.channel.pipeline.fireChannelReadComplete()
            }
            if place.scheme != "https", owner != nil { opened() }
            dialed.channel.setOption(.autoRead, value: true).whenFailure { _ in }
        } catch {
            end(DialFailure.dialing(place.authority.description, error))
            dialed.channel.close(promise: nil)
        }
    }

    private func tlsHandler() throws -> NIOSSLClientHandler {
        let host = place.authority.host
        let judgement = ChainJudgement(trust: services.trust, host: host, clock: services.clock)
        self.judgement = judgement
        handshakeStarted = services.clock.now()
        return try NIOSSLClientHandler(
            context: services.origins.context(offering: ["http/1.1"]),
            serverHostname: HostName.addressOctets(of: host) == nil ? host : nil,
            customVerificationCallback: judgement.callback)
    }

    private func shaken(alpn: String?) {
        record.connection.timing.tls = handshakeStarted.map { services.clock.now().microseconds(since: $0) } ?? 0
        record.connection.certificates = judgement?.summaries ?? []
        record.connection.serverTLS = TLSLeg(
            sni: place.authority.host, alpnOffered: ["http/1.1"], alpn: alpn,
            version: hello?.version, cipher: hello?.cipher)
        opened()
    }

    private func opened() {
        stopTimer()
        isOpen = true
        record.opened()
        owner?.upstream(self, .opened)
    }

    // MARK: Sending

    func expectAnswer(toMethod method: String) {
        reader.expectResponse(toMethod: method)
        isAwaiting = true
        hasAnswered = false
    }

    /// Sends plaintext octets and shows them to the tap.
    func send(_ buffer: ByteBuffer) {
        guard buffer.readableBytes > 0, isOpen else { return }
        record.bytes(.client, buffer, isOpaque: isSwitched)
        context?.write(wrapOutboundOut(buffer), promise: nil)
    }

    func flush() { context?.flush() }

    /// Closes our half; what was sent goes out first.
    func finish() { context?.close(mode: .output, promise: nil) }

    /// Nothing more is wanted; what was sent still goes out, unless there is an error to end with.
    func close(_ error: ExchangeError?) {
        owner = nil
        stopTimer()
        record.closing(error)
        guard let context else { return isDialing ? () : record.ended(by: .recorder) }
        guard error == nil, isOpen else { return context.close(promise: nil) }
        let channel = context.channel
        channel.writeAndFlush(ByteBuffer()).whenComplete { _ in channel.close(promise: nil) }
    }

    /// An exchange that could not even be sent, so that the tape shows what was asked.
    func recordUnsent(_ head: RequestHead, _ error: ExchangeError) {
        record.failed(error)
        services.tap.put(.refused(id, head, error, at: services.clock.now()))
    }

    func recordRejected(_ refusal: MessageRefusal) {
        services.tap.put(
            .anomaly(Anomaly(rejected: refusal, side: .server, connection: id, seen: services.clock.now())))
    }

    func resumeReading() {
        guard isReadPending, let context else { return }
        isReadPending = false
        read(context: context)
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        record.bytes(.server, buffer, isOpaque: isSwitched)
        while buffer.readableBytes > 0, let owner {
            if isSwitched { return owner.upstream(self, .octets(buffer)) }
            guard isAwaiting else { return self.break(rejectUnasked(buffer)) }
            hasAnswered = true
            var parts: [MessagePart] = []
            do {
                let count = try reader.read(buffer.readableBytesUInt8Span, at: services.clock.now(), into: &parts)
                note(parts)
                let isOver = count < buffer.readableBytes && !isAwaiting && !isSwitched
                if isOver { return passLast(parts, of: buffer, count) }
                owner.upstream(self, .read(parts, reader.framing, of: buffer))
                buffer.moveReaderIndex(forwardBy: count)
            } catch {
                // A head that came with the trouble is not begun with; what belongs to one that was may go on.
                if !parts.contains(where: \.isHead) { owner.upstream(self, .read(parts, reader.framing, of: buffer)) }
                self.owner?.upstream(self, .refused(error.showing(buffer)))
                return
            }
        }
        watchHead()
    }

    private func note(_ parts: [MessagePart]) {
        for part in parts {
            switch part {
            case .responseHead(let head, _): isSwitched = head.status == 101
            case .end: isAwaiting = isAwaiting && !reader.lastWasFinal
            case .requestHead, .body, .trailers, .anomaly: break
            }
        }
    }

    /// Octets follow that nobody asked for.
    ///
    /// They would be taken for the answer to the next request, so that one must not be sent here: the owner hears of
    /// the end of this leg together with the end of the answer.
    private func passLast(_ parts: [MessagePart], of buffer: ByteBuffer, _ count: Int) {
        guard let owner else { return }
        var rest = buffer
        rest.moveReaderIndex(forwardBy: count)
        let error = rejectUnasked(rest)
        self.owner = nil
        isOpen = false
        record.broken(error)
        owner.upstream(self, .read(parts, reader.framing, of: buffer, error))
        context?.close(promise: nil)
    }

    private func rejectUnasked(_ octets: ByteBuffer) -> ExchangeError {
        let detail = "\(place.authority) sent octets although nothing was asked."
        let refusal = MessageRefusal(code: "unasked-response", detail: detail)
        recordRejected(refusal.showing(octets))
        return ExchangeError(party: .registry, code: refusal.code, detail: detail)
    }

    /// A head that has begun comes to its end soon, or never.
    private func watchHead() {
        guard reader.isInsideMessage, !reader.isInsideContent else { return stopTimer() }
        guard timer == nil else { return }
        startTimer(services.settings.messagePatience.head) { leg in
            leg.break(
                ExchangeError(
                    party: .registry, code: "head-timeout",
                    detail: "\(leg.place.authority) began an answer and did not go on."))
        }
    }

    private func stopTimer() {
        timer?.cancel()
        timer = nil
    }

    private func startTimer(_ patience: TimeAmount, _ body: @escaping (UpstreamLeg) -> Void) {
        guard let loop = context?.eventLoop else { return }
        timer = loop.assumeIsolated().scheduleTask(in: patience) { body(self) }
    }

    func read(context: ChannelHandlerContext) {
        if !isOpen || owner?.mayReadUpstream ?? true { context.read() } else { isReadPending = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { owner?.upstream(self, .writable) }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Ends

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted(let alpn): shaken(alpn: alpn)
        case ChannelEvent.inputClosed:
            guard isOpen else { return context.close(promise: nil) }
            if isSwitched {
                owner?.upstream(self, .finished)
            } else {
                endOfStream()
                context.close(promise: nil)
            }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func endOfStream() {
        guard isOpen, !isSwitched, owner != nil else { return }
        // Where only the end tells the length, an end that anybody could have made is none (RFC 9112 §9.8).
        if isTruncated, reader.isInsideContent, reader.framing == .untilClose {
            return end(
                ExchangeError(
                    party: .network, code: "missing-close-notify",
                    detail: "\(place.authority) closed the TCP connection without ending TLS."))
        }
        record.endOfStream()
        var parts: [MessagePart] = []
        do {
            try reader.endOfStream(into: &parts)
            note(parts)
            if !parts.isEmpty { owner?.upstream(self, .read(parts, reader.framing, of: ByteBuffer())) }
            end(
                ExchangeError(
                    party: .network, code: "closed-early",
                    detail: "\(place.authority) closed the connection without answering."), isOrderly: !isAwaiting)
        } catch {
            end(ExchangeError(party: .network, code: error.code, detail: "\(place.authority): \(error.detail)"))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isOpen, let error = error as? NIOSSLError, case .uncleanShutdown = error {
            isTruncated = true
            return
        }
        if isOpen {
            end(DialFailure.copying(.server, error))
        } else {
            record.connection.certificates = judgement?.summaries ?? []
            end(judgement?.refusal ?? DialFailure.shakingServer(place.authority.description, error))
        }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        stopTimer()
        if isOpen {
            // A connection can end without a half of it closing first.
            endOfStream()
        } else {
            record.connection.certificates = judgement?.summaries ?? []
            end(
                judgement?.refusal
                    ?? ExchangeError(
                        party: .network, code: "handshake-broken",
                        detail: "\(place.authority) closed the connection during the TLS handshake."))
        }
        end(
            ExchangeError(
                party: .network, code: "connection-closed", detail: "\(place.authority) closed the connection."))
        record.ended(by: .server)
        context.fireChannelInactive()
    }

    private func `break`(_ error: ExchangeError) {
        end(error)
        context?.close(promise: nil)
    }

    /// Says once that nothing more will come.
    ///
    /// It is an orderly end where nothing was left to be answered.
    private func end(_ error: ExchangeError, isOrderly: Bool = false) {
        stopTimer()
        guard let owner else { return }
        self.owner = nil
        if isOpen { record.broken(isOrderly ? nil : error) } else { record.failed(error) }
        isOpen = false
        owner.upstream(self, .ended(error, hasAnswered: hasAnswered))
    }
}
