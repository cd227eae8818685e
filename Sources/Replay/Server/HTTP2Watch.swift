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

    /// Whether the client owes the rest of a frame and sends it in drops; a new beat begins.
    func isDripping() -> Bool {
        defer { octetsInBeat = 0 }
        return progress.isOwing && octetsInBeat < ServerPatience.leastOctets
    }
}
