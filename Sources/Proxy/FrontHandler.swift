import Listener
import NIOCore
import TapeModel
import Wire

/// The first handler of every client connection: reads one request head and decides who takes the connection.
final class FrontHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Content type of a TLS handshake record (RFC 8446 §5.1), which no HTTP request begins with.
    private static let tlsHandshake: UInt8 = 22

    private let services: ProxyServices
    private var reader = MessageReader(kind: .request, strictness: .refusing)
    private var held = ByteBuffer()
    /// How many of the held octets the reader has had.
    private var examined = 0
    private var timer: Scheduled<Void>?
    private var lastWords: LastWords?
    private var isDone = false
    private var hasInputClosed = false

    init(services: ProxyServices) {
        self.services = services
    }

    func channelActive(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: services.settings.messagePatience.head) {
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
                context,
                ExchangeError(
                    party: .client, code: "tls-to-http-port",
                    detail: "This port speaks plain HTTP; use http:// in its URL."))
        }
        examine(context)
    }

    /// Reads what has not been read yet; the octets are kept for the handler that takes the connection.
    private func examine(_ context: ChannelHandlerContext) {
        var parts: [MessagePart] = []
        do throws(MessageRefusal) {
            let octets = held.readableBytesUInt8Span
            examined += try reader.read(
                octets.extracting(examined..<octets.count), at: services.clock.now(), into: &parts)
        } catch {
            return reject(error, context)
        }
        guard case .requestHead(let line, let fields, _)? = parts.first else { return }
        isDone = true
        timer?.cancel()
        if services.settings.reverse == nil, let credentials = services.settings.credentials,
            !credentials.accepts(fields.first("proxy-authorization"))
        {
            return refuse(
                context,
                ExchangeError(
                    party: .client, code: "proxy-authentication-required",
                    detail: "This proxy asks for a user and password (--proxy-auth)."),
                fields: [FieldLine("Proxy-Authenticate", "Basic realm=\"regtape\"")])
        }
        if line.method == "CONNECT", services.settings.reverse == nil {
            guard reader.framing == .none else {
                return reject(MessageRefusal(code: "connect-with-content", detail: "CONNECT has content."), context)
            }
            held.moveReaderIndex(forwardBy: examined)
            tunnel(context, line.target)
        } else {
            messages(context)
        }
    }

    private func tunnel(_ context: ChannelHandlerContext, _ target: String) {
        guard let authority = Authority(target, defaultPort: nil) else {
            return refuse(
                context, ExchangeError(party: .client, code: "bad-target", detail: "CONNECT needs a host and a port."))
        }
        if let own = services.ownAddress.value, own.port == authority.port,
            let literal = try? SocketAddress(ipAddress: authority.host, port: authority.port),
            LocalAddresses.contains(literal)
        {
            return refuse(context, DialFailure.loop(authority.description))
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

    /// A head that is not passed on, because others might read it differently.
    private func reject(_ refusal: MessageRefusal, _ context: ChannelHandlerContext) {
        let refusal = refusal.showing(held)
        services.tap.put(
            .anomaly(Anomaly(rejected: refusal, side: .client, connection: 0, seen: services.clock.now())))
        refuse(context, ExchangeError(party: .client, code: refusal.code, detail: refusal.detail))
    }

    private func refuse(_ context: ChannelHandlerContext, _ error: ExchangeError, fields: [FieldLine] = []) {
        isDone = true
        timer?.cancel()
        held.clear()
        context.channel.write(
            ByteBuffer(string: FailureAnswer.response(error, isHead: false, fields: fields)), promise: nil)
        let words = LastWords(context.channel, hasInputClosed: hasInputClosed)
        lastWords = words
        words.speak()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { inputClosed(context) }
        context.fireUserInboundEventTriggered(event)
    }

    private func inputClosed(_ context: ChannelHandlerContext) {
        hasInputClosed = true
        lastWords?.inputClosed()
        guard !isDone else { return }
        var parts: [MessagePart] = []
        do throws(MessageRefusal) {
            try reader.endOfStream(into: &parts)
            context.close(promise: nil)
        } catch {
            reject(error, context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
