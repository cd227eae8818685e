import NIOCore
import NIOHTTP2

/// The end of the pipeline of an HTTP/2 connection: closes it when it fails, or carries nothing for long.
final class HTTP2Connection: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame

    private var openStreams = 0
    private var quietBeats = 0
    private var beats: RepeatedTask?

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        beats = context.eventLoop.scheduleRepeatedTask(
            initialDelay: ServerPatience.beat, delay: ServerPatience.beat
        ) { _ in
            let (handler, context) = bound.value
            handler.beat(context)
        }
    }

    private func beat(_ context: ChannelHandlerContext) {
        quietBeats = openStreams == 0 ? quietBeats + 1 : 0
        if quietBeats >= ServerPatience.beatsIdle { context.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { beats?.cancel() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is NIOHTTP2StreamCreatedEvent: openStreams += 1
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

    /// An error of the whole connection; those of single streams end with their streams.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
