import NIOCore

/// Counts the octets of an HTTP/2 connection on their way in, for the beat of `HTTP2Connection`.
final class HTTP2Watch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private var progress = FrameProgress()
    private var octetsInBeat = 0

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let octets = unwrapInboundIn(data)
        octetsInBeat += octets.readableBytes
        progress.received(octets.readableBytesView)
        context.fireChannelRead(data)
    }

    /// NIO keeps the streams of a read in a list until the read is complete, which it never is where the connection was
    /// closed in its midst: the list and the connection would hold one another for ever (RELIABILITY.md H1).
    func channelInactive(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        context.fireChannelInactive()
    }

    /// Whether the client owes the rest of a frame and sends it in drops; a new beat begins.
    func isDripping() -> Bool {
        defer { octetsInBeat = 0 }
        return progress.isOwing && octetsInBeat < ServerPatience.leastOctets
    }
}
