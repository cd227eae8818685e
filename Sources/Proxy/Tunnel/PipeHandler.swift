import Glibc
import Listener
import NIOCore
import NIOSSL
import NIOTLS
import TapeModel

/// What a leg of a pipe tells its session.
///
/// Both legs and the session live on one event loop.
protocol PipeOwner: AnyObject {
    func legShaken(_ side: Side, alpn: String?)
    func legRead(_ side: Side, _ buffer: ByteBuffer)
    /// That side has sent its last octet, and its partner is told so; `isCut` where TLS was not ended first.
    func legInputClosed(_ side: Side, isCut: Bool)
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

        var isHolding: Bool {
            if case .holding = self { true } else { false }
        }
    }

    /// The connection was reset, or a write to it failed.
    struct ConnectionBroken: Error {}

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
    /// The other end closed its TCP connection without ending TLS first.
    private var isCut = false
    private var hasFailed = false
    private var hasInputEnded = false
    private var hasOutputEnded = false

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
        if inputClosed { endInput(partner) }
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

    // MARK: Ending

    /// Passes the end of what this side sends on to the partner.
    private func endInput(_ partner: PipeHandler) {
        guard !hasInputEnded else { return }
        hasInputEnded = true
        owner?.legInputClosed(side, isCut: isCut)
        partner.endOutput(isCut: isCut)
    }

    /// Ends what is sent here once everything before it has left.
    ///
    /// Where the other leg was cut there is no close_notify on this one either: a body that ends with its connection
    /// must not look whole to a client when it was not.
    private func endOutput(isCut: Bool) {
        hasOutputEnded = true
        afterFlush { context in
            let beneath = isCut ? Self.beneathTLS(context) : context
            beneath.close(mode: .output, promise: nil)
        }
    }

    /// Gives this leg up because the other one broke off: what was read by then is still written, within `patience`.
    ///
    /// Then the peer is to see a break and not an end: TLS has a way to show that, by ending without close_notify; plain
    /// TCP has only the reset.
    func breakOff(within patience: TimeAmount) {
        expectEnd(within: patience)
        afterFlush { [self] context in
            if Self.beneathTLS(context) === context {
                let reset = linger(l_onoff: 1, l_linger: 0)
                (context.channel as? any SocketOptionProvider)?.setSoLinger(reset).whenComplete { _ in }
            }
            cut()
        }
    }

    /// The other leg is gone, so this one has nothing more to do than to end, and is made to after `patience`.
    func expectEnd(within patience: TimeAmount) {
        guard let context else { return }
        context.eventLoop.assumeIsolated().scheduleTask(in: patience) { [weak self] in self?.cut() }
    }

    /// Closes the socket at once, without a word of TLS.
    func cut() {
        guard let context else { return }
        state = .closed
        Self.beneathTLS(context).close(promise: nil)
    }

    /// Says goodbye in TLS where there is TLS, and closes without waiting for an answer.
    func farewell() {
        guard let context else { return }
        state = .closed
        context.close(mode: .output, promise: nil)
        cut()
    }

    private func afterFlush(_ work: @escaping (ChannelHandlerContext) -> Void) {
        guard let context else { return }
        let promise = context.eventLoop.makePromise(of: Void.self)
        // An empty write, because the library's own order of closing forgets what is still to be written where the
        // other direction has ended already.
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: promise)
        promise.futureResult.assumeIsolated().whenComplete { _ in
            if let context = self.context { work(context) }
        }
    }

    private static func beneathTLS(_ context: ChannelHandlerContext) -> ChannelHandlerContext {
        let pipeline = context.pipeline.syncOperations
        return (try? pipeline.context(handlerType: NIOSSLServerHandler.self))
            ?? (try? pipeline.context(handlerType: NIOSSLClientHandler.self)) ?? context
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
            case .open(let partner): endInput(partner)
            case .closed: break
            }
        default:
            break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? NIOSSLError, case .uncleanShutdown = error, !state.isHolding {
            // Whether this is an end or a break shows in the next event.
            isCut = true
            return
        }
        hasFailed = true
        owner?.legFailed(side, error)
    }

    /// A connection that ends with no end of its input was broken, by a reset or by a write that failed, unless our own
    /// output had ended before: the library then tells of no end of input.
    func channelInactive(context: ChannelHandlerContext) {
        if case .open(let partner) = state, !hasFailed, !hasInputEnded {
            if hasOutputEnded { endInput(partner) } else { owner?.legFailed(side, ConnectionBroken()) }
        }
        state = .closed
        owner?.legInactive(side)
        owner = nil
        context.fireChannelInactive()
    }
}
