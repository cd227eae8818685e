public import Listener
public import NIOCore
public import NIOPosix
import Synchronization

/// The recording proxy: bound, accepting, and stopped with everything accounted for.
public final class ProxyServer: Sendable {
    private let services: ProxyServices
    private let group: MultiThreadedEventLoopGroup
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])
    private let listener = Mutex<(any Channel)?>(nil)
    private let ticker = Mutex<RepeatedTask?>(nil)

    /// How often the recorder is told the time, so that lines reach the kernel soon after their exchange.
    private static let tickInterval = TimeAmount.milliseconds(50)

    public init(services: ProxyServices, group: MultiThreadedEventLoopGroup) {
        self.services = services
        self.group = group
    }

    /// Binds and accepts.
    ///
    /// Returns the address, with the port that the system chose for port 0.
    public func start(host: String, port: Int) async throws(ListenerError) -> SocketAddress {
        do {
            let channel = try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 1_024)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelInitializer { [self] channel in
                    let key = ObjectIdentifier(channel)
                    channels.withLock { $0[key] = channel }
                    channel.closeFuture.whenComplete { [self] _ in
                        channels.withLock { $0[key] = nil }
                    }
                    return channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(FrontHandler(services: services))
                    }
                }
                .bind(host: host, port: port).get()
            guard let address = channel.localAddress else {
                throw ListenerError(.addressUnavailable, "cannot listen on \(host):\(port)")
            }
            services.ownAddress.value = address
            listener.withLock { $0 = channel }
            let (tap, clock) = (services.tap, services.clock)
            let task = group.next().scheduleRepeatedTask(initialDelay: Self.tickInterval, delay: Self.tickInterval) {
                _ in
                tap.put(.tick(clock.now()))
            }
            ticker.withLock { $0 = task }
            return address
        } catch let error as ListenerError {
            throw error
        } catch let error as IOError {
            throw ListenerError(.addressUnavailable, error, option: "--listen", host: host, port: port)
        } catch {
            throw ListenerError(.addressUnavailable, "cannot listen on \(host):\(port): \(error)")
        }
    }

    /// Accepts nothing more, gives exchanges that are under way up to `patience` to end, then closes what is left.
    ///
    /// Connections that carry nothing are closed at once: clients keep them for the next pull. When it returns, the tap
    /// has been told of the end of every tunnel.
    public func stop(patience: Duration, openExchanges: @Sendable () -> Int) async {
        let channel = listener.withLock { listener in
            defer { listener = nil }
            return listener
        }
        try? await channel?.close().get()
        let deadline = ContinuousClock.now + patience
        while openExchanges() > 0, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(20))
        }
        ticker.withLock { $0?.cancel() }
        await services.tunnels.stopAll()
        for channel in channels.withLock({ Array($0.values) }) { channel.close(promise: nil) }
        let closing = ContinuousClock.now + .seconds(2)
        while !channels.withLock({ $0.isEmpty }), ContinuousClock.now < closing {
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Client connections that are open, for tests that look for leaks.
    package var openConnections: (clients: Int, tunnels: Int) {
        (channels.withLock { $0.count }, services.tunnels.count)
    }
}
