import NIOCore
import NIOHTTP2

/// The end of the pipeline of an HTTP/2 connection: closes it when it fails, drips, or carries nothing for long.
final class HTTP2Connection: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame

    private let patience: ServerPatience
    private let watch: HTTP2Watch
    private var openStreams = 0
    private var hasOpenedInBeat = false
    private var quietBeats = 0
    private var drippingBeats = 0
    private var beats: RepeatedTask?

    init(_ patience: ServerPatience, watch: HTTP2Watch) {
        self.patience = patience
        self.watch = watch
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        beats = context.eventLoop.scheduleRepeatedTask(initialDelay: patience.beat, delay: patience.beat) { _ in
            let (handler, context) = bound.value
            handler.beat(context)
        }
    }

    private func beat(_ context: ChannelHandlerContext) {
        quietBeats = openStreams == 0 && !hasOpenedInBeat ? quietBeats + 1 : 0
        hasOpenedInBeat = false
        drippingBeats = watch.isDripping() ? drippingBeats + 1 : 0
        if quietBeats >= patience.beatsIdle || drippingBeats >= patience.beatsForRequest {
            context.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { beats?.cancel() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is NIOHTTP2StreamCreatedEvent:
            openStreams += 1
            hasOpenedInBeat = true
        case is StreamClosedEvent: openStreams -= 1
        // A client that has closed its half of an HTTP/2 connection has left: streams are what is closed in halves.
        case ChannelEvent.inputClosed: context.close(promise: nil)
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        beats?.cancel()
        context.fireChannelInactive()
    }

    /// NIO tells errors of one stream here too and has reset that by then; a client that breaks the rules on one stream
    /// loses the others with it, so that no flood of such errors is worth its while.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
