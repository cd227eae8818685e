import Listener
import NIOCore
import NIOPosix
import NIOSSL
import TapeModel
import Wire

/// What one of the demo's hosts answers.
struct DemoAnswer: Sendable {
    var status: Int
    var reason: String
    var fields: [FieldLine] = []
    var body = ""
}

/// One host of the demo: a small HTTPS server on loopback that answers every request from a function.
final class DemoOrigin: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: @Sendable (RequestLine, [FieldLine]) -> DemoAnswer
    private let clock: RecordingClock
    private var reader = MessageReader(kind: .request, strictness: .refusing)

    /// Listens on a free port of loopback, with a leaf certificate of the demo's own authority.
    static func start(
        _ host: String, contexts: LeafContexts, clock: RecordingClock, group: MultiThreadedEventLoopGroup,
        answer: @escaping @Sendable (RequestLine, [FieldLine]) -> DemoAnswer
    ) async throws -> any Channel {
        let context = try contexts.context(for: host, alpn: "http/1.1", at: clock.now())
        return try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        NIOSSLServerHandler(context: context), DemoOrigin(clock: clock, answer: answer),
                    ])
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    private init(clock: RecordingClock, answer: @escaping @Sendable (RequestLine, [FieldLine]) -> DemoAnswer) {
        self.clock = clock
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        while buffer.readableBytes > 0 {
            var parts: [MessagePart] = []
            do {
                let count = try reader.read(buffer.readableBytesUInt8Span, at: clock.now(), into: &parts)
                buffer.moveReaderIndex(forwardBy: count)
            } catch {
                return context.close(promise: nil)
            }
            for case .requestHead(let line, let fields, _) in parts { reply(to: line, fields, context) }
        }
    }

    private func reply(to line: RequestLine, _ fields: [FieldLine], _ context: ChannelHandlerContext) {
        let answer = answer(line, fields)
        var text = "HTTP/1.1 \(answer.status) \(answer.reason)\r\nContent-Length: \(answer.body.utf8.count)\r\n"
        for field in answer.fields { text += "\(field.name): \(field.value)\r\n" }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text + "\r\n" + answer.body)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
