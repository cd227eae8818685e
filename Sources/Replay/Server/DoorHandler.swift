import Listener
import NIOCore
import NIOHTTP2
import NIOSSL
import Wire

/// The first handler of a connection, and once more behind its TLS: looks at the first octets and decides what speaks.
///
/// It takes none of them; what it has read goes to whoever comes after it.
final class DoorHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Content type of a TLS handshake record (RFC 8446 §5.1), which no HTTP request begins with.
    private static let tlsHandshake: UInt8 = 22
    /// Those of real clients, with their post-quantum keys, stay below 2 KiB.
    private static let longestHello = 64 << 10
    /// RFC 9113 §3.4.
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private let service: ReplayService
    private var door: Door
    /// Whether the octets come out of TLS already.
    private let isInside: Bool
    private var held = ByteBuffer()
    private var isDecided = false
    private var hasInputClosed = false
    private var timer: Scheduled<Void>?
    private var lastWords: LastWords?

    init(service: ReplayService, door: Door, isInside: Bool = false) {
        self.service = service
        self.door = door
        self.isInside = isInside
    }

    func handlerAdded(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: service.patience.opening) {
            context.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDecided else { return }
        var buffer = unwrapInboundIn(data)
        if held.readableBytes == 0 { held = buffer } else { held.writeBuffer(&buffer) }
        examine(context)
    }

    private func examine(_ context: ChannelHandlerContext) {
        let octets = held.readableBytesView
        guard let first = octets.first else { return }
        if !isInside, first == Self.tlsHandshake {
            // A tunnel is encrypted or not as its client pleases.
            if door.kind == .origin, !door.isTLS {
                return refuse(
                    context, "tls-to-http-port", "This port speaks plain HTTP; use http://, or start with --tls.")
            }
            guard door.kind != .proxy else {
                return refuse(context, "tls-to-http-port", "This proxy speaks plain HTTP; use http:// in its URL.")
            }
            switch ClientHello.parse(held.readableBytesUInt8Span) {
            case .needMore where held.readableBytes < Self.longestHello: return
            case .needMore:
                isDecided = true
                return context.close(promise: nil)
            case .hello(let hello): return openTLS(context, hello)
            case .notTLS, .malformed:
                isDecided = true
                return context.close(promise: nil)
            }
        }
        if !isInside {
            if door.kind == .origin, door.isTLS {
                return refuse(context, "http-to-tls-port", "This port speaks TLS; use https://.")
            }
            door.isTLS = false
        }
        let seen = octets.prefix(Self.preface.count)
        guard Self.preface.starts(with: seen) else { return hand(context, to: HTTP1Connection(service, door)) }
        if seen.count == Self.preface.count { speakHTTP2(context) }
    }

    private func openTLS(_ context: ChannelHandlerContext, _ hello: ClientHello) {
        var host = hello.sni ?? context.localAddress?.ipAddress ?? ""
        if hello.sni == nil, case .tunnel(let authority) = door.kind { host = authority.host }
        let alpn = ["h2", "http/1.1"].first(where: hello.alpn.contains)
        do {
            guard let leaves = service.leaves else {
                isDecided = true
                return context.close(promise: nil)
            }
            let tls = NIOSSLServerHandler(context: try leaves.context(for: host, alpn: alpn, at: service.clock.now()))
            door.isTLS = true
            let pipeline = context.pipeline.syncOperations
            let inner = DoorHandler(service: service, door: door, isInside: true)
            try pipeline.addHandlers([tls, inner], position: .after(self))
            step(aside: context)
        } catch {
            // A name that no leaf is made for; there is nobody to tell it to in a language of theirs.
            isDecided = true
            context.close(promise: nil)
        }
    }

    private func hand(_ context: ChannelHandlerContext, to handler: some ChannelHandler) {
        do {
            try context.pipeline.syncOperations.addHandler(handler, position: .after(self))
            step(aside: context)
        } catch {
            context.close(promise: nil)
        }
    }

    private func step(aside context: ChannelHandlerContext) {
        isDecided = true
        timer?.cancel()
        let octets = held
        held = ByteBuffer()
        context.fireChannelRead(wrapInboundOut(octets))
        context.fireChannelReadComplete()
        if hasInputClosed { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private func speakHTTP2(_ context: ChannelHandlerContext) {
        let (service, door) = (service, door)
        do {
            let pipeline = context.pipeline.syncOperations
            let watch = HTTP2Watch()
            try pipeline.addHandler(watch)
            _ = try pipeline.configureHTTP2Pipeline(
                mode: .server, connectionConfiguration: HTTP2Limits.connection,
                streamConfiguration: HTTP2Limits.stream, position: .last
            ) { stream in
                stream.eventLoop.makeCompletedFuture {
                    try stream.pipeline.syncOperations.addHandler(HTTP2Stream(service, door))
                }
            }
            try pipeline.addHandler(HTTP2Connection(service.patience, watch: watch))
            step(aside: context)
        } catch {
            context.close(promise: nil)
        }
    }

    private func refuse(_ context: ChannelHandlerContext, _ code: String, _ detail: String) {
        isDecided = true
        timer?.cancel()
        held.clear()
        context.channel.write(
            HTTP1Refusal.octets(MessageRefusal(code: code, detail: detail), isHead: false), promise: nil)
        let words = LastWords(context.channel, hasInputClosed: hasInputClosed)
        lastWords = words
        words.speak()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return context.fireUserInboundEventTriggered(event) }
        hasInputClosed = true
        lastWords?.inputClosed()
        guard !isDecided else { return }
        if held.readableBytes == 0 { return context.close(promise: nil) }
        hand(context, to: HTTP1Connection(service, door))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
