public import Listener
public import NIOCore
package import NIOPosix
import Synchronization

/// The replay's front: bound, answering, and stopped with every exchange at its end.
///
/// It has no client in it: whatever is asked for, no connection leaves this process.
public final class ReplayServer: Sendable {
    private struct Unwelcome: Error {}

    private let service: ReplayService
    private let group: MultiThreadedEventLoopGroup
    private let allowed: [AddressRange]
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])
    private let listeners = Mutex<[any Channel]>([])

    /// Serves clients of this machine's loopback, and those of the networks that are `allowed`.
    package init(service: ReplayService, group: MultiThreadedEventLoopGroup, allowed: [AddressRange] = []) {
        self.service = service
        self.group = group
        self.allowed = allowed
    }

    /// A tape may hold what strangers must not read, and a replay takes pushes (RELIABILITY.md U7).
    private func isWelcome(_ channel: any Channel) -> Bool {
        guard let address = channel.remoteAddress else { return false }
        return LocalAddresses.isLoopback(address) || allowed.contains { $0.contains(address) }
    }

    /// Stands in for the tape's registry at an address.
    ///
    /// Returns the address, with the port that the system chose for port 0.
    public func openOrigin(host: String, port: Int, isTLS: Bool) async throws(ListenerError) -> SocketAddress {
        try await bind(Door(kind: .origin, isTLS: isTLS), option: "--listen", host: host, port: port)
    }

    /// Stands in for every host, as a proxy.
    public func openProxy(host: String, port: Int) async throws(ListenerError) -> SocketAddress {
        try await bind(Door(kind: .proxy, isTLS: false), option: "--proxy", host: host, port: port)
    }

    private func bind(
        _ door: Door, option: String, host: String, port: Int
    ) async throws(ListenerError) -> SocketAddress {
        let service = service
        do {
            let channel = try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 1_024)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { [self] channel in
                    guard isWelcome(channel) else {
                        return channel.eventLoop.makeFailedFuture(Unwelcome())
                    }
                    let key = ObjectIdentifier(channel)
                    channels.withLock { $0[key] = channel }
                    channel.closeFuture.whenComplete { [self] _ in
                        channels.withLock { $0[key] = nil }
                    }
                    return channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(DoorHandler(service: service, door: door))
                    }
                }
                .bind(host: host, port: port).get()
            listeners.withLock { $0.append(channel) }
            guard let address = channel.localAddress else {
                throw ListenerError(.addressUnavailable, "cannot listen on \(host):\(port)")
            }
            return address
        } catch let error as ListenerError {
            throw error
        } catch let error as IOError {
            throw ListenerError(.addressUnavailable, error, option: option, host: host, port: port)
        } catch {
            throw ListenerError(.addressUnavailable, "cannot listen on \(host):\(port): \(error)")
        }
    }

    /// Accepts nothing more, gives exchanges that are under way up to `patience` to end, then closes what is left.
    public func stop(patience: Duration) async {
        let listening = listeners.withLock { listeners in
            defer { listeners = [] }
            return listeners
        }
        for channel in listening { try? await channel.close().get() }
        let deadline = ContinuousClock.now + patience
        while service.openExchanges.load(ordering: .relaxed) > 0, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(20))
        }
        for channel in channels.withLock({ Array($0.values) }) { channel.close(promise: nil) }
        let closing = ContinuousClock.now + .seconds(2)
        while !channels.withLock({ $0.isEmpty }), ContinuousClock.now < closing {
            try? await Task.sleep(for: .milliseconds(5))
        }
        service.uploads.discardAll()
    }

    /// What was matched, missed and left unused so far.
    public var report: ReplayReport { service.report }

    /// Connections that are open, for tests that look for leaks.
    package var openConnections: Int { channels.withLock { $0.count } }
}
