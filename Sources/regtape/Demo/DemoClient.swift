import Listener
import NIOCore
import NIOPosix
import NIOSSL
import TapeModel
import Wire

/// A client with the fault that the demo is about: it follows redirects with every field that it sent before.
struct DemoClient: Sendable {
    struct Response: Sendable {
        var status: Int
        var fields: [FieldLine]
        var body: [UInt8]
    }

    static let userAgent = "demo-client/1.0"

    let proxy: SocketAddress
    /// Trusts the recorder's authority and nothing else.
    let tls: NIOSSLContext
    let clock: RecordingClock
    let group: MultiThreadedEventLoopGroup

    /// GET through the proxy, each on a connection of its own.
    func get(_ url: DemoURL, authorization: String?) async throws -> Response {
        let request =
            "GET \(url.target) HTTP/1.1\r\nHost: \(url.host)\r\nUser-Agent: \(Self.userAgent)\r\nAccept: */*\r\n"
            + (authorization.map { "Authorization: \($0)\r\n" } ?? "") + "\r\n"
        let promise = group.next().makePromise(of: Response.self)
        let (tls, clock) = (tls, clock)
        do {
            let channel = try await ClientBootstrap(group: group)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            DemoRequest(
                                host: url.host, request: request, tls: tls, clock: clock, promise: promise))
                    }
                }
                .connect(to: proxy).get()
            let response = try await promise.futureResult.get()
            try? await channel.close().get()
            return response
        } catch {
            promise.fail(error)
            throw error
        }
    }
}

/// Host and request target of an https URL.
struct DemoURL: Sendable {
    let host: String
    let target: String

    init?(_ text: String) {
        guard text.hasPrefix("https://") else { return nil }
        let rest = text.dropFirst("https://".count)
        guard let slash = rest.firstIndex(of: "/") else { return nil }
        host = String(rest[..<slash])
        target = String(rest[slash...])
    }
}

/// One request through a tunnel: CONNECT, TLS, request, response.
private final class DemoRequest: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case opening(MessageReader)
        case asking(MessageReader, DemoClient.Response)
        case done
    }

    private let host: String
    private let request: String
    private let tls: NIOSSLContext
    private let clock: RecordingClock
    private let promise: EventLoopPromise<DemoClient.Response>
    private var state: State

    init(
        host: String, request: String, tls: NIOSSLContext, clock: RecordingClock,
        promise: EventLoopPromise<DemoClient.Response>
    ) {
        self.host = host
        self.request = request
        self.tls = tls
        self.clock = clock
        self.promise = promise
        var reader = MessageReader(kind: .response, strictness: .refusing)
        reader.expectResponse(toMethod: "CONNECT")
        state = .opening(reader)
    }

    func channelActive(context: ChannelHandlerContext) {
        let text = "CONNECT \(host):443 HTTP/1.1\r\nHost: \(host):443\r\n\r\n"
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        while buffer.readableBytes > 0 {
            do {
                let count = try read(buffer, context)
                buffer.moveReaderIndex(forwardBy: count)
            } catch {
                return fail(error, context)
            }
        }
    }

    private func read(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) throws -> Int {
        var parts: [MessagePart] = []
        switch state {
        case .opening(var reader):
            let count = try reader.read(buffer.readableBytesUInt8Span, at: clock.now(), into: &parts)
            state = .opening(reader)
            if case .responseHead? = parts.first { try ask(context) }
            return count
        case .asking(var reader, var response):
            let count = try reader.read(buffer.readableBytesUInt8Span, at: clock.now(), into: &parts)
            var isOver = false
            for part in parts {
                switch part {
                case .responseHead(let head, _): response = .init(status: head.status, fields: head.fields, body: [])
                case .body(let range): response.body += Array(buffer.readableBytesView)[range]
                case .end: isOver = true
                case .requestHead, .trailers, .anomaly: break
                }
            }
            state = isOver ? .done : .asking(reader, response)
            if isOver { promise.succeed(response) }
            return count
        case .done: return buffer.readableBytes
        }
    }

    private func ask(_ context: ChannelHandlerContext) throws {
        let handler = try NIOSSLClientHandler(context: tls, serverHostname: host)
        try context.pipeline.syncOperations.addHandler(handler, position: .first)
        var reader = MessageReader(kind: .response, strictness: .refusing)
        reader.expectResponse(toMethod: "GET")
        state = .asking(reader, DemoClient.Response(status: 0, fields: [], body: []))
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
    }

    private struct ClosedEarly: Error, CustomStringConvertible {
        var description: String { "the connection closed without an answer" }
    }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        state = .done
        promise.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .done = state { return }
        fail(ClosedEarly(), context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(error, context)
    }
}
