import Foundation
import Glibc
import NIOCore
import NIOPosix
import Synchronization
import TestSupport

/// What an origin does; requests are counted from 0 over all its connections.
struct OriginScript: Sendable {
    enum Move: Sendable {
        case send(String)
        case sendOctets([UInt8])
        /// Closes its half.
        case finish
        case close
        case reset
    }

    /// At the end of a request's head, with the head and its number.
    var onHead: @Sendable (RawMessage, Int) -> [Move] = { _, _ in [] }
    /// At the end of a whole request.
    var onRequest: @Sendable (RawMessage, Int) -> [Move] = { request, _ in
        [.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + (request.method == "HEAD" ? "" : "ok"))]
    }
    /// At octets that follow a switch of protocols.
    var onOctets: (@Sendable ([UInt8]) -> [Move])?
    /// At the end of the client's octets.
    var onEnd: @Sendable () -> [Move] = { [.close] }

    /// Answers request after request with these octets, and those behind the last one as a friendly origin would.
    static func answering(_ answers: String...) -> OriginScript {
        var script = OriginScript()
        let usual = script.onRequest
        script.onRequest = { request, number in
            number < answers.count ? [.send(answers[number])] : usual(request, number)
        }
        return script
    }
}

/// An origin that keeps all that it hears and does what its script says.
final class ScriptedOrigin: Sendable {
    struct Heard: Sendable {
        var octets: [UInt8] = []
        var hasEnded = false
        var wasReset = false

        var requests: [RawMessage] { RawMessage.requests(in: octets) }
    }

    let port: Int
    private let listener: any Channel
    private let log: Log

    fileprivate final class Log: Sendable {
        let connections = Mutex<[Heard]>([])
        let count = Atomic(0)
        let channels = Mutex<[any Channel]>([])
    }

    static func start(
        _ script: OriginScript, handler: (@Sendable () -> any ChannelHandler)? = nil, host: String = "127.0.0.1",
        on group: MultiThreadedEventLoopGroup
    ) async throws -> ScriptedOrigin {
        let log = Log()
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                log.channels.withLock { $0.append(channel) }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(handler?() ?? OriginHandler(script, log))
                }
            }
            .bind(host: host, port: 0).get()
        return ScriptedOrigin(listener, log)
    }

    private init(_ listener: any Channel, _ log: Log) {
        self.listener = listener
        self.log = log
        port = listener.localAddress?.port ?? 0
    }

    /// What each connection brought, in the order in which they were opened.
    var connections: [Heard] { log.connections.withLock { $0 } }
    /// Whole requests, connection after connection.
    var requests: [RawMessage] { connections.flatMap(\.requests) }
    /// All octets of all connections.
    var heard: String { Latin1.text(connections.flatMap(\.octets)) }

    /// Ends every connection as a killed process does.
    func resetAll() async {
        for channel in log.channels.withLock({ $0 }) {
            guard let provider = channel as? any SocketOptionProvider else { continue }
            try? await provider.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
            try? await channel.close().get()
        }
    }

    func stop() async {
        try? await listener.close().get()
        for channel in log.channels.withLock({ $0 }) { try? await channel.close().get() }
    }

    private final class OriginHandler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let script: OriginScript
        private let log: Log
        private var index = 0
        private var seenHeads = 0
        private var seenRequests = 0
        private var first = 0
        private var hasSwitched = false

        init(_ script: OriginScript, _ log: Log) {
            self.script = script
            self.log = log
        }

        func channelActive(context: ChannelHandlerContext) {
            index = log.connections.withLock { connections in
                connections.append(Heard())
                return connections.count - 1
            }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let octets = Array(buffer: unwrapInboundIn(data))
            let heard = log.connections.withLock { connections in
                connections[index].octets += octets
                return connections[index]
            }
            if hasSwitched, let moves = script.onOctets?(octets) { return perform(moves, context) }
            let requests = heard.requests
            // A head that has no whole request yet: the one behind the last whole request.
            let open = Self.openHead(heard.octets, behind: requests.count)
            let heads = requests + (open.map { [$0] } ?? [])
            while seenHeads < heads.count || seenRequests < requests.count {
                if seenHeads == seenRequests {
                    let number = log.count.wrappingAdd(1, ordering: .relaxed).oldValue
                    first = number
                    seenHeads += 1
                    perform(script.onHead(heads[seenHeads - 1], number), context)
                } else {
                    guard seenRequests < requests.count else { return }
                    seenRequests += 1
                    perform(script.onRequest(requests[seenRequests - 1], first), context)
                }
            }
        }

        private static func openHead(_ octets: [UInt8], behind count: Int) -> RawMessage? {
            let text = Latin1.text(octets)
            // Bodies of the tests' unfinished requests never hold an empty line, so the last head is easily found.
            guard let headEnd = text.range(of: "\r\n\r\n", options: .backwards) else { return nil }
            let lines = text[..<headEnd.lowerBound].components(separatedBy: "\r\n")
            guard let start = lines.lastIndex(where: { $0.hasSuffix(" HTTP/1.1") }) else { return nil }
            let heads = lines.filter { $0.hasSuffix(" HTTP/1.1") }.count
            guard heads > count else { return nil }
            return RawMessage(startLine: lines[start], fields: Array(lines[(start + 1)...]), body: [])
        }

        private func perform(_ moves: [OriginScript.Move], _ context: ChannelHandlerContext) {
            for move in moves {
                switch move {
                case .send(let text):
                    if text.hasPrefix("HTTP/1.1 101") { hasSwitched = true }
                    context.writeAndFlush(NIOAny(ByteBuffer(bytes: Latin1.octets(text))), promise: nil)
                case .sendOctets(let octets):
                    context.writeAndFlush(NIOAny(ByteBuffer(bytes: octets)), promise: nil)
                case .finish: context.close(mode: .output, promise: nil)
                case .close: context.close(promise: nil)
                case .reset:
                    let channel = context.channel
                    (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
                        .whenComplete { _ in channel.close(promise: nil) }
                }
            }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            guard case ChannelEvent.inputClosed = event else { return }
            log.connections.withLock { $0[index].hasEnded = true }
            perform(script.onEnd(), context)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            log.connections.withLock { connections in
                connections[index].hasEnded = true
                connections[index].wasReset = true
            }
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            log.connections.withLock { $0[index].hasEnded = true }
        }
    }
}
