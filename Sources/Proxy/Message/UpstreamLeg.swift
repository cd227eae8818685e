import Listener
import NIOCore
import NIOSSL
import NIOTLS
import TapeModel
import Wire

/// What an upstream leg tells the client's handler, on their common event loop.
protocol UpstreamOwner: AnyObject {
    func upstreamReady()
    func upstreamFailed(_ error: ExchangeError)
    func upstreamRead(_ parts: [MessagePart], _ framing: MessageFraming, of bytes: ByteBuffer)
    func upstreamWritable()
    var mayReadUpstream: Bool { get }
}

/// One connection from us to an origin in the message modes.
///
/// The tape holds what crosses this connection.
final class UpstreamLeg: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let scheme: String
    let authority: Authority
    private let services: ProxyServices
    private let id: ConnectionID
    private weak var owner: (any UpstreamOwner)?
    private var connection: Connection
    private var judgement: ChainJudgement?
    private var handshakeStarted: Instant?
    private var reader = MessageReader(kind: .response, strictness: .refusing)
    private var context: ChannelHandlerContext?
    private var isReadPending = false
    private var isRecorded = false
    private var closedByUs = false
    private var endError: ExchangeError?
    private var sent: Int64 = 0
    private var received: Int64 = 0
    private(set) var isOpen = false

    init(
        services: ProxyServices, scheme: String, authority: Authority, mode: Connection.Mode, client: String,
        owner: any UpstreamOwner
    ) {
        self.services = services
        self.scheme = scheme
        self.authority = authority
        self.owner = owner
        id = services.connections.next()
        connection = Connection(
            id: id, source: .proxy, mode: mode, started: services.clock.now(), client: client,
            authority: authority.description)
    }

    var isWritable: Bool { context?.channel.isWritable ?? false }

    func open(on eventLoop: any EventLoop) {
        OriginDialer(services: services, eventLoop: eventLoop)
            .dial(authority, through: services.settings.upstreamProxy).assumeIsolated().whenComplete { result in
                switch result {
                case .success(let dialed): self.dialed(dialed)
                case .failure(let error): self.fail(DialFailure.dialing(self.authority.description, error))
                }
            }
    }

    private func dialed(_ dialed: OriginDialer.Dialed) {
        connection.server = dialed.channel.remoteAddress?.plainText
        connection.timing = dialed.timing
        guard owner != nil else { return dialed.channel.close(promise: nil) }
        do {
            if scheme == "https" {
                let judgement = ChainJudgement(trust: services.trust, host: authority.host, clock: services.clock)
                let isAddress = HostName.addressOctets(of: authority.host) != nil
                let tls = try NIOSSLClientHandler(
                    context: services.origins.context(offering: ["http/1.1"]),
                    serverHostname: isAddress ? nil : authority.host,
                    customVerificationCallback: judgement.callback)
                self.judgement = judgement
                handshakeStarted = services.clock.now()
                try dialed.channel.pipeline.syncOperations.addHandlers([tls, self])
            } else {
                try dialed.channel.pipeline.syncOperations.addHandler(self)
                ready()
            }
            dialed.channel.setOption(.autoRead, value: true).whenFailure { _ in }
        } catch {
            fail(DialFailure.dialing(authority.description, error))
            dialed.channel.close(promise: nil)
        }
    }

    private func ready() {
        isOpen = true
        recordOpened()
        owner?.upstreamReady()
    }

    /// Sends plaintext octets and shows them to the tap.
    func send(_ buffer: ByteBuffer) {
        guard buffer.readableBytes > 0, isOpen else { return }
        sent += Int64(buffer.readableBytes)
        services.tap.put(.bytes(id, .client, buffer, at: services.clock.now()))
        context?.write(wrapOutboundOut(buffer), promise: nil)
    }

    func flush() { context?.flush() }

    func expectResponse(toMethod method: String) { reader.expectResponse(toMethod: method) }

    func close() {
        closedByUs = true
        owner = nil
        context?.close(promise: nil)
    }

    func resumeReading() {
        guard isReadPending, let context else { return }
        isReadPending = false
        read(context: context)
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        received += Int64(buffer.readableBytes)
        services.tap.put(.bytes(id, .server, buffer, at: services.clock.now()))
        while buffer.readableBytes > 0 {
            var parts: [MessagePart] = []
            do {
                let count = try reader.read(buffer.readableBytesUInt8Span, at: services.clock.now(), into: &parts)
                owner?.upstreamRead(parts, reader.framing, of: buffer)
                buffer.moveReaderIndex(forwardBy: count)
            } catch {
                fail(ExchangeError(party: .registry, code: error.code, detail: error.detail))
                return close()
            }
        }
    }

    func read(context: ChannelHandlerContext) {
        if !isOpen || owner?.mayReadUpstream ?? true { context.read() } else { isReadPending = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { owner?.upstreamWritable() }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted(let alpn):
            let now = services.clock.now()
            connection.timing.tls = handshakeStarted.map { now.microseconds(since: $0) } ?? 0
            connection.certificates = judgement?.summaries ?? []
            connection.serverTLS = TLSLeg(
                sni: authority.host, alpnOffered: ["http/1.1"], alpn: alpn,
                version: (try? context.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self))
                    .flatMap { $0.tlsVersion }.map(TLSVersionName.name))
            ready()
        case ChannelEvent.inputClosed:
            endOfStream()
            context.close(promise: nil)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    private func endOfStream() {
        if isRecorded { services.tap.put(.endOfStream(id, .server, at: services.clock.now())) }
        var parts: [MessagePart] = []
        do {
            try reader.endOfStream(into: &parts)
            if !parts.isEmpty { owner?.upstreamRead(parts, reader.framing, of: ByteBuffer()) }
            fail(
                ExchangeError(
                    party: .network, code: "closed-early",
                    detail: "\(authority) closed the connection without answering."))
        } catch {
            fail(ExchangeError(party: .network, code: error.code, detail: "\(authority): \(error.detail)"))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? NIOSSLError, case .uncleanShutdown = error { return }
        if isOpen {
            let failure = DialFailure.copying(.server, error)
            endError = failure
            fail(failure)
        } else {
            connection.certificates = judgement?.summaries ?? []
            fail(judgement?.refusal ?? DialFailure.shakingServer(authority.description, error))
        }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !isOpen, let judgement, connection.failure == nil {
            fail(
                judgement.refusal
                    ?? ExchangeError(
                        party: .network, code: "handshake-broken",
                        detail: "\(authority) closed the connection during the TLS handshake."))
        }
        isOpen = false
        recordEnd()
        context.fireChannelInactive()
    }

    private func fail(_ error: ExchangeError) {
        if !isRecorded, connection.failure == nil {
            connection.failure = error
            recordOpened()
        }
        isOpen = false
        let owner = owner
        self.owner = nil
        owner?.upstreamFailed(error)
        if context == nil { recordEnd() }
    }

    /// An exchange that could not even be sent, so that the tape shows what was asked.
    func recordRefused(_ head: RequestHead, _ error: ExchangeError) {
        services.tap.put(.refused(id, head, error, at: services.clock.now()))
    }

    private func recordOpened() {
        guard !isRecorded else { return }
        isRecorded = true
        services.tap.put(.opened(connection, scheme: scheme))
    }

    private func recordEnd() {
        guard isRecorded else { return }
        isRecorded = false
        services.tap.put(
            .closed(
                ConnectionEnd(
                    id: id, ended: services.clock.now(), closedBy: closedByUs ? .recorder : .server, clientBytes: sent,
                    serverBytes: received, error: endError)))
    }
}
