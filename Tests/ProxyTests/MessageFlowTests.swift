import NIOCore
import NIOPosix
import Synchronization
import TapeModel
import Testing

/// Large bodies and peers that do not read: memory stays flat, and nothing is lost (DESIGN.md §1).
@Suite(.serialized, .timeLimit(.minutes(2)))
struct MessageFlowTests {
    private static let total = 100 << 20
    /// What may lie between a sender and a reader that reads nothing: four socket buffers of some megabytes each.
    ///
    /// A proxy that buffers would take the whole of `total`.
    private static let mostOutstanding = 48 << 20

    @Test(arguments: MessageStage.Mode.allCases)
    func `a download waits for a client that does not read`(mode: MessageStage.Mode) async throws {
        let flow = Flow()
        let head = "HTTP/1.1 200 OK\r\nContent-Length: \(Self.total)\r\n\r\n"
        let stage = try await MessageStage.open(
            mode, origin: { FloodHandler(head, octets: Self.total, flow, startsAtOnce: false) })
        let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: false)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        DrainHandler(octets: head.utf8.count + Self.total, flow, answer: nil))
                }
            }
            .connect(host: "127.0.0.1", port: stage.port).get()
        try await client.writeAndFlush(ByteBuffer(string: stage.head() + "\r\n")).get()
        try await flow.standsStill()
        #expect(flow.sent.load(ordering: .relaxed) < Self.mostOutstanding)
        try await client.setOption(.autoRead, value: true).get()
        try await flow.drained.wait()
        try await client.close().get()
        await stage.end()
        #expect(stage.tape.exchanges.first?.lengths[.server] == Self.total)
        #expect(stage.tape.exchanges.first?.error == nil)
    }

    @Test(arguments: MessageStage.Mode.allCases)
    func `an upload waits for an origin that does not read`(mode: MessageStage.Mode) async throws {
        let flow = Flow()
        let origin = Mutex<(any Channel)?>(nil)
        let arrived = Signal()
        let stage = try await MessageStage.open(
            mode,
            origin: {
                DrainHandler(octets: Self.total, flow, answer: "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n") {
                    channel in
                    origin.withLock { $0 = channel }
                    channel.setOption(.autoRead, value: false).whenComplete { _ in arrived.raise() }
                }
            })
        let head = stage.head("PUT") + "Content-Length: \(Self.total)\r\n\r\n"
        let answered = Signal()
        let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        FloodHandler(head, octets: Self.total, flow, startsAtOnce: true, answered: answered))
                }
            }
            .connect(host: "127.0.0.1", port: stage.port).get()
        try await arrived.wait()
        try await flow.standsStill()
        #expect(flow.sent.load(ordering: .relaxed) < Self.mostOutstanding)
        try await origin.withLock { $0 }?.setOption(.autoRead, value: true).get()
        try await answered.wait()
        try await client.close().get()
        await stage.end()
        #expect(stage.tape.exchanges.first?.lengths[.client] == Self.total)
        #expect(stage.tape.exchanges.first?.response?.status == 201)
        #expect(stage.tape.exchanges.first?.error == nil)
    }
}

/// How far a large body has got.
private final class Flow: Sendable {
    let sent = Atomic(0)
    let drained = Signal()

    /// Returns when nothing has been sent for a while.
    ///
    /// That is no event, so it is looked for; taken too early it makes the test easier to pass and never fail.
    func standsStill() async throws {
        var last = -1
        while last != sent.load(ordering: .relaxed) {
            last = sent.load(ordering: .relaxed)
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}

/// Sends a head and then octets as fast as they are taken.
private final class FloodHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let piece = ByteBuffer(repeating: UInt8(ascii: "x"), count: 64 * 1024)

    private let head: String
    private var left: Int
    private let flow: Flow
    private var hasStarted = false
    private let startsAtOnce: Bool
    private let answered: Signal?

    init(_ head: String, octets: Int, _ flow: Flow, startsAtOnce: Bool, answered: Signal? = nil) {
        self.head = head
        left = octets
        self.flow = flow
        self.startsAtOnce = startsAtOnce
        self.answered = answered
    }

    func channelActive(context: ChannelHandlerContext) {
        if startsAtOnce { start(context) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        answered?.raise()
        if !startsAtOnce { start(context) }
    }

    private func start(_ context: ChannelHandlerContext) {
        guard !hasStarted else { return }
        hasStarted = true
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: head)), promise: nil)
        pump(context)
    }

    private func pump(_ context: ChannelHandlerContext) {
        while hasStarted, left > 0, context.channel.isWritable {
            let count = min(left, Self.piece.readableBytes)
            guard let slice = Self.piece.getSlice(at: 0, length: count) else { return }
            left -= count
            let promise = context.eventLoop.makePromise(of: Void.self)
            promise.futureResult.whenSuccess { [flow] in flow.sent.add(count, ordering: .relaxed) }
            context.writeAndFlush(wrapOutboundOut(slice), promise: promise)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        pump(context)
    }
}

/// Counts octets and answers when all have come.
private final class DrainHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var left: Int
    private let flow: Flow
    private let answer: String?
    private let onActive: @Sendable (any Channel) -> Void
    private var isBehindHead: Bool

    init(octets: Int, _ flow: Flow, answer: String?, onActive: @escaping @Sendable (any Channel) -> Void = { _ in }) {
        left = octets
        self.flow = flow
        self.answer = answer
        self.onActive = onActive
        isBehindHead = answer == nil
    }

    func channelActive(context: ChannelHandlerContext) { onActive(context.channel) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var octets = unwrapInboundIn(data)
        if !isBehindHead {
            // The head comes in one read, since the proxy sends it in one piece.
            let text = String(buffer: octets)
            guard let end = text.utf8.firstIndex(of: UInt8(ascii: "x"), behind: "\r\n\r\n") else {
                isBehindHead = text.hasSuffix("\r\n\r\n")
                return
            }
            isBehindHead = true
            octets.moveReaderIndex(forwardBy: end)
        }
        left -= octets.readableBytes
        guard left == 0 else { return }
        flow.drained.raise()
        if let answer { context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil) }
    }
}

extension String.UTF8View {
    /// How many octets there are up to the end of `mark`, where `octet` follows it.
    fileprivate func firstIndex(of octet: UInt8, behind mark: String) -> Int? {
        let octets = Array(self)
        let mark = Array(mark.utf8)
        guard octets.count > mark.count else { return nil }
        for start in 0..<(octets.count - mark.count)
        where octets[start..<start + mark.count].elementsEqual(mark) && octets[start + mark.count] == octet {
            return start + mark.count
        }
        return nil
    }
}
