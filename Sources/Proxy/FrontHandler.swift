import Listener
import NIOCore
import TapeModel
import Wire

/// The first handler of every client connection: reads one request head and decides who takes the connection.
final class FrontHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// A client that has not sent a head after this long is broken or a slow attack (RELIABILITY.md D1).
    private static let patience = TimeAmount.seconds(30)

    /// Content type of a TLS handshake record (RFC 8446 §5.1), which no HTTP request begins with.
    private static let tlsHandshake: UInt8 = 22

    private let services: ProxyServices
    private var reader = MessageReader(kind: .request, strictness: .refusing)
    private var held = ByteBuffer()
    private var timer: Scheduled<Void>?
    private var isDone = false

    init(services: ProxyServices) {
        self.services = services
    }

    func channelActive(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: Self.patience) {
            context.close(promise: nil)
        }
        if let address = context.remoteAddress, !isAllowed(address) {
            isDone = true
            context.close(promise: nil)
        }
        context.fireChannelActive()
    }

    private func isAllowed(_ address: SocketAddress) -> Bool {
        if LocalAddresses.isLoopback(address) || services.settings.allowed.contains(where: { $0.contains(address) }) {
            return true
        }
        return services.settings.allowed.isEmpty && services.settings.credentials != nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDone else { return }
        var buffer = unwrapInboundIn(data)
        held.writeBuffer(&buffer)
        if held.getInteger(at: held.readerIndex, as: UInt8.self) == Self.tlsHandshake {
            // Docker tries https first; hearing plain HTTP at once, it goes on with http.
            return refuse(
                context, status: 400, reason: "Bad Request",
                ExchangeError(
                    party: .client, code: "tls-to-http-port",
                    detail: "This port speaks plain HTTP; use http:// in its URL."))
        }
        examine(context)
    }

    /// The whole head is read again with each piece of it: heads come in one piece but for broken clients.
    private func examine(_ context: ChannelHandlerContext) {
        var probe = reader
        var parts: [MessagePart] = []
        let count: Int
        do {
            count = try probe.read(held.readableBytesUInt8Span, at: services.clock.now(), into: &parts)
        } catch {
            return refuse(
                context, status: 400, reason: "Bad Request",
                ExchangeError(party: .client, code: error.code, detail: error.detail))
        }
        guard case .requestHead(let line, let fields, _)? = parts.first else { return }
        isDone = true
        timer?.cancel()
        if services.settings.reverse == nil, let credentials = services.settings.credentials,
            !credentials.accepts(fields.first("proxy-authorization"))
        {
            return refuse(
                context, status: 407, reason: "Proxy Authentication Required",
                ExchangeError(
                    party: .client, code: "proxy-authentication-required",
                    detail: "This proxy asks for a user and password (--proxy-auth)."),
                fields: [FieldLine("Proxy-Authenticate", "Basic realm=\"regtape\"")])
        }
        if line.method == "CONNECT", services.settings.reverse == nil {
            held.moveReaderIndex(forwardBy: count)
            tunnel(context, line.target)
        } else {
            messages(context)
        }
    }

    private func tunnel(_ context: ChannelHandlerContext, _ target: String) {
        guard let authority = Authority(target, defaultPort: nil) else {
            return refuse(
                context, status: 400, reason: "Bad Request",
                ExchangeError(party: .client, code: "bad-target", detail: "CONNECT needs a host and a port."))
        }
        if let own = services.ownAddress.value, own.port == authority.port,
            let literal = try? SocketAddress(ipAddress: authority.host, port: authority.port),
            LocalAddresses.contains(literal)
        {
            return refuse(context, status: 403, reason: "Forbidden", DialFailure.loop(authority.description))
        }
        let session = TunnelSession(services: services, client: context.channel, target: authority)
        let leftover = held
        let channel = context.channel
        context.pipeline.syncOperations.removeHandler(self).assumeIsolated().whenComplete { _ in
            guard channel.isActive else { return }
            session.start(leftover: leftover)
        }
    }

    private func messages(_ context: ChannelHandlerContext) {
        let handler = MessageHandler(services: services)
        let leftover = held
        do {
            try context.pipeline.syncOperations.addHandler(handler, position: .after(self))
            context.fireChannelRead(wrapInboundOut(leftover))
            context.fireChannelReadComplete()
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        } catch {
            context.close(promise: nil)
        }
    }

    private func refuse(
        _ context: ChannelHandlerContext, status: Int, reason: String, _ error: ExchangeError,
        fields: [FieldLine] = []
    ) {
        isDone = true
        timer?.cancel()
        let text = FailureAnswer.response(
            status: status, reason: reason, error: error, isHead: false, keepAlive: false, fields: fields)
        let channel = context.channel
        channel.writeAndFlush(ByteBuffer(string: text)).whenComplete { _ in channel.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event, !isDone { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
