import NIOCore
import Wire

/// Looks at the first octets after CONNECT without taking them: a ClientHello, something else, or silence.
///
/// When its verdict is out it stops reading. Removing it passes every octet on to the handlers behind it, so
/// that the TLS handler, or the pipe, sees the stream from its beginning.
final class HelloSniffer: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer

    enum Verdict {
        case hello(ClientHello)
        case plaintext
        case silence
        /// A ClientHello was begun and not finished in time.
        case stalled
        case left
    }

    private let patience: TunnelPatience
    private var seen: ByteBuffer
    private var isDecided = false
    private var isReadPending = false
    private var hasInputClosed = false
    private var timer: Scheduled<Void>?
    private let report: (Verdict) -> Void

    init(leftover: ByteBuffer, patience: TunnelPatience, report: @escaping (Verdict) -> Void) {
        seen = leftover
        self.patience = patience
        self.report = report
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let loop = context.eventLoop.assumeIsolated()
        timer = loop.scheduleTask(in: patience.silence) { [weak self] in
            guard let self else { return }
            if self.seen.readableBytes == 0 { return self.decide(.silence) }
            self.timer = loop.scheduleTask(in: self.patience.hello) { [weak self] in self?.decide(.stalled) }
        }
        examine()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        seen.writeBuffer(&buffer)
        examine()
    }

    func read(context: ChannelHandlerContext) {
        if isDecided { isReadPending = true } else { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return context.fireUserInboundEventTriggered(event) }
        hasInputClosed = true
        decide(seen.readableBytes == 0 ? .left : .plaintext)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        report(.left)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func removeHandler(context: ChannelHandlerContext, removalToken: ChannelHandlerContext.RemovalToken) {
        isDecided = true
        timer?.cancel()
        if seen.readableBytes > 0 {
            context.fireChannelRead(wrapInboundOut(seen))
            context.fireChannelReadComplete()
        }
        if hasInputClosed { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
        let mustRead = isReadPending
        let channel = context.channel
        context.leavePipeline(removalToken: removalToken)
        if mustRead { channel.read() }
    }

    private func examine() {
        guard !isDecided, seen.readableBytes > 0 else { return }
        switch ClientHello.parse(seen.readableBytesUInt8Span) {
        case .needMore: break
        case .notTLS, .malformed: decide(.plaintext)
        case .hello(let hello): decide(.hello(hello))
        }
    }

    private func decide(_ verdict: Verdict) {
        guard !isDecided else { return }
        isDecided = true
        timer?.cancel()
        report(verdict)
    }
}
