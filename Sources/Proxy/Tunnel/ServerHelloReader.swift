import NIOCore
import TapeModel
import Wire

/// Reads the ServerHello of one leg as it passes beneath the TLS handler, and then leaves the pipeline.
///
/// The library does not tell which cipher suite was chosen. On the origin's leg the hello is read, on the client's
/// leg it is what our own TLS handler writes. A handshake later this handler is gone, so copying costs nothing.
final class ServerHelloReader: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let side: Side
    private let report: (ServerHello) -> Void
    private var seen = ByteBuffer()
    private var isDone = false
    private var isLeaving = false

    init(side: Side, report: @escaping (ServerHello) -> Void) {
        self.side = side
        self.report = report
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if side == .server { look(at: unwrapInboundIn(data)) }
        context.fireChannelRead(data)
        leaveWhenDone(context)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if side == .client { look(at: unwrapOutboundIn(data)) }
        context.write(data, promise: promise)
        leaveWhenDone(context)
    }

    private func look(at buffer: ByteBuffer) {
        guard !isDone else { return }
        var buffer = buffer
        seen.writeBuffer(&buffer)
        switch ServerHello.parse(seen.readableBytesUInt8Span) {
        case .needMore: return
        case .notTLS, .malformed: break
        case .hello(let hello): report(hello)
        }
        isDone = true
        seen = ByteBuffer()
    }

    /// Not at once: the flush that belongs to the write under way still has to pass through here.
    private func leaveWhenDone(_ context: ChannelHandlerContext) {
        guard isDone, !isLeaving else { return }
        isLeaving = true
        context.eventLoop.assumeIsolated().execute { [self] in
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        }
    }
}
