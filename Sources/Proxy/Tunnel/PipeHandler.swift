import Listener
import NIOCore
import NIOTLS
import TapeModel

/// What a leg of a pipe tells its session.
///
/// Both legs and the session live on one event loop.
protocol PipeOwner: AnyObject {
    func legShaken(_ side: Side, alpn: String?)
    func legRead(_ side: Side, _ buffer: ByteBuffer)
    func legInputClosed(_ side: Side)
    func legFailed(_ side: Side, _ error: any Error)
    func legInactive(_ side: Side)
}

/// One leg of a pipe: copies what it reads to its partner, unchanged, and no faster than the partner and the
/// recorder can take it.
///
/// Until the pipe is opened it holds what arrives: an origin that speaks HTTP/2 sends its SETTINGS the moment its
/// handshake is done, before the client has begun its own. Reads stop then too, so the hold is one read long.
final class PipeHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case holding([ByteBuffer], inputClosed: Bool)
        case open(partner: PipeHandler)
        case closed
    }

    private let side: Side
    private let tap: Tap
    /// Strong: the legs are what keeps a session alive.
    ///
    /// Let go when the channel is gone.
    private var owner: (any PipeOwner)?
    private var state = State.holding([], inputClosed: false)
    private var context: ChannelHandlerContext?
    private var isReadPending = false
    private var isWaitingForTap = false
    /// TLS legs must read to finish their handshake; after it, and on plain legs from the start, reads wait.
    private var mayReadWhileHolding: Bool

    init(side: Side, tap: Tap, owner: any PipeOwner, isTLS: Bool) {
        self.side = side
        self.tap = tap
        self.owner = owner
        mayReadWhileHolding = isTLS
    }

    /// Joins two legs.
    ///
    /// What either held is passed on at once.
    static func join(_ one: PipeHandler, _ other: PipeHandler) {
        let heldByOne = one.open(partner: other)
        let heldByOther = other.open(partner: one)
        one.release(heldByOne)
        other.release(heldByOther)
    }

    /// Lets reads pass and keeps nothing: another handler in front of this one takes what arrives.
    func stepAside() {
        state = .closed
        resumeReading()
    }

    var isWritable: Bool { context?.channel.isWritable ?? false }

    private func open(partner: PipeHandler) -> State {
        defer { state = .open(partner: partner) }
        return state
    }

    private func release(_ held: State) {
        guard case .holding(let buffers, let inputClosed) = held, case .open(let partner) = state else { return }
        for buffer in buffers { pass(buffer, to: partner) }
        partner.flush()
        if inputClosed { passEnd(to: partner) }
        resumeReading()
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        switch state {
        case .holding(let buffers, let inputClosed): state = .holding(buffers + [buffer], inputClosed: inputClosed)
        case .open(let partner): pass(buffer, to: partner)
        case .closed: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if case .open(let partner) = state { partner.flush() }
    }

    func read(context: ChannelHandlerContext) {
        switch state {
        case .holding:
            if mayReadWhileHolding { context.read() } else { isReadPending = true }
        case .open(let partner):
            if partner.isWritable, !tap.isFull {
                context.read()
            } else {
                isReadPending = true
                waitForTap(context)
            }
        case .closed:
            // Still reading, so that the end of the stream is noticed; what arrives is thrown away.
            context.read()
        }
    }

    private func resumeReading() {
        guard isReadPending, let context else { return }
        isReadPending = false
        read(context: context)
    }

    private func waitForTap(_ context: ChannelHandlerContext) {
        guard tap.isFull, !isWaitingForTap else { return }
        isWaitingForTap = true
        let loop = context.eventLoop
        let bound = NIOLoopBound(self, eventLoop: loop)
        tap.whenDrained {
            loop.execute {
                bound.value.isWaitingForTap = false
                bound.value.resumeReading()
            }
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if case .open(let partner) = state, context.channel.isWritable { partner.resumeReading() }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Writing to the partner

    private func pass(_ buffer: ByteBuffer, to partner: PipeHandler) {
        owner?.legRead(side, buffer)
        partner.write(buffer)
    }

    private func write(_ buffer: ByteBuffer) {
        context?.write(wrapOutboundOut(buffer), promise: nil)
    }

    private func flush() {
        context?.flush()
    }

    private func passEnd(to partner: PipeHandler) {
        owner?.legInputClosed(side)
        partner.context?.close(mode: .output, promise: nil)
    }

    // MARK: Life of the channel

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted(let alpn):
            mayReadWhileHolding = false
            owner?.legShaken(side, alpn: alpn)
        case ChannelEvent.inputClosed:
            switch state {
            case .holding(let buffers, _): state = .holding(buffers, inputClosed: true)
            case .open(let partner): passEnd(to: partner)
            case .closed: break
            }
        default:
            break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        owner?.legFailed(side, error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        state = .closed
        owner?.legInactive(side)
        owner = nil
        context.fireChannelInactive()
    }
}
