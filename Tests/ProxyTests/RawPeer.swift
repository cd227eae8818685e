import Glibc
import NIOCore
import NIOPosix
import Synchronization
import TestSupport

/// One end of a connection that sends octets as they are and keeps all that it hears.
final class RawPeer: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    enum Ending: Sendable, Equatable {
        /// The other side has sent its last octet in order.
        case finished
        case reset
    }

    private struct State {
        var received: [UInt8] = []
        var ending: Ending?
        var waiting: [Int: (until: @Sendable (borrowing State) -> Bool, promise: EventLoopPromise<Void>)] = [:]
        var nextWaiter = 0
    }

    private let channel: any Channel
    private let state = Mutex(State())

    /// Far longer than anything takes that works.
    private static let patience = TimeAmount.seconds(20)

    static func connect(port: Int, on group: MultiThreadedEventLoopGroup) async throws -> RawPeer {
        let channel = try await ClientBootstrap(group: group)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.autoRead, value: false)
            .connect(host: "127.0.0.1", port: port).get()
        let peer = RawPeer(channel)
        try await channel.pipeline.addHandler(PeerHandler(peer)).get()
        try await channel.setOption(.autoRead, value: true).get()
        return peer
    }

    private init(_ channel: any Channel) {
        self.channel = channel
    }

    // MARK: Saying

    func send(_ text: String) {
        send(Array(text.utf8))
    }

    func send(_ octets: [UInt8]) {
        channel.writeAndFlush(ByteBuffer(bytes: octets), promise: nil)
    }

    /// Closes our half.
    func finish() {
        channel.close(mode: .output, promise: nil)
    }

    func close() {
        channel.close(promise: nil)
    }

    /// Ends the connection as a killed process does whose socket still has octets to read.
    func reset() {
        guard let provider = channel as? any SocketOptionProvider else { return }
        provider.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { [channel] _ in channel.close(promise: nil)
        }
    }

    // MARK: Hearing

    var heard: String { Latin1.text(state.withLock { $0.received }) }
    var ending: Ending? { state.withLock { $0.ending } }

    /// Everything up to the end that the other side makes.
    func all() async throws -> String {
        try await wait("the end of the connection") { $0.ending != nil }
        channel.close(promise: nil)
        return heard
    }

    /// Waits until the answers to requests of these methods are complete.
    func answers(to methods: String...) async throws -> [RawMessage] {
        try await answers(to: methods)
    }

    func answers(to methods: [String]) async throws -> [RawMessage] {
        try await wait("\(methods.count) answers") { state in
            state.ending != nil || RawMessage.responses(in: state.received, to: methods).count >= methods.count
        }
        return RawMessage.responses(in: state.withLock { $0.received }, to: methods)
    }

    func heard(_ text: String) async throws {
        try await wait("\"\(text)\"") { Latin1.text($0.received).contains(text) || $0.ending != nil }
        guard heard.contains(text) else { throw Failure(description: "no \"\(text)\" in \"\(heard)\"") }
    }

    private func wait(
        _ what: String, until condition: @escaping @Sendable (borrowing State) -> Bool
    ) async throws {
        let promise = channel.eventLoop.makePromise(of: Void.self)
        let waiter = state.withLock { state -> Int? in
            guard !condition(state) else { return nil }
            state.nextWaiter += 1
            state.waiting[state.nextWaiter] = (condition, promise)
            return state.nextWaiter
        }
        guard let waiter else { return promise.succeed(()) }
        let timer = channel.eventLoop.scheduleTask(in: Self.patience) { [self] in
            let late = state.withLock { $0.waiting.removeValue(forKey: waiter) }
            late?.promise.fail(Failure(description: "waited in vain for \(what); heard \"\(heard)\""))
        }
        defer { timer.cancel() }
        try await promise.futureResult.get()
    }

    fileprivate func note(_ octets: [UInt8], _ ending: Ending?) {
        let due = state.withLock { state in
            state.received += octets
            if state.ending == nil { state.ending = ending }
            let ready = state.waiting.filter { $0.value.until(state) }
            for key in ready.keys { state.waiting[key] = nil }
            return ready.values.map(\.promise)
        }
        for promise in due { promise.succeed(()) }
    }
}

private final class PeerHandler: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let peer: RawPeer

    init(_ peer: RawPeer) {
        self.peer = peer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        peer.note(Array(buffer: unwrapInboundIn(data)), nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { peer.note([], .finished) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        peer.note([], .reset)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        peer.note([], .finished)
    }
}
