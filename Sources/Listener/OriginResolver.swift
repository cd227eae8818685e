import Glibc
public import NIOCore
public import NIOPosix
import Synchronization
import TapeModel

/// Looks host names up away from the event loops, measures how long that took, and never gives out our own address.
///
/// The address that is checked is the address that is dialled, so no name, however it resolves, leads a client back
/// into the proxy (RELIABILITY.md U1, U2). One resolver serves one dial.
public final class OriginResolver: Resolver, Sendable {
    /// The name led to the proxy's own port.
    public struct WouldLoop: Error {}

    private let eventLoop: any EventLoop
    private let threads: NIOThreadPool
    private let ownAddress: SocketAddress?
    private let clock: RecordingClock
    private let started: Instant
    private let finished = Mutex<Instant?>(nil)

    public init(on eventLoop: any EventLoop, threads: NIOThreadPool, ownAddress: SocketAddress?, clock: RecordingClock)
    {
        self.eventLoop = eventLoop
        self.threads = threads
        self.ownAddress = ownAddress
        self.clock = clock
        started = clock.now()
    }

    /// Microseconds from the start of the dial to the last answer of the resolver.
    public var elapsed: Int64 {
        finished.withLock { $0?.microseconds(since: started) ?? 0 }
    }

    public func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        lookUp(host, port, family: AF_INET)
    }

    public func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        lookUp(host, port, family: AF_INET6)
    }

    public func cancelQueries() {}

    private func lookUp(_ host: String, _ port: Int, family: Int32) -> EventLoopFuture<[SocketAddress]> {
        threads.runIfActive(eventLoop: eventLoop) { [self] in
            let addresses = try Self.addresses(of: host, port: port, family: family)
            finished.withLock { $0 = clock.now() }
            if addresses.contains(where: isOwn) { throw WouldLoop() }
            return addresses
        }
    }

    private static func addresses(of host: String, port: Int, family: Int32) throws -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_family = family
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        // A name with addresses of the other family only fails here and succeeds there; one success is enough.
        guard code == 0 else { throw NameNotFound(host: host, reason: String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(list) }
        var found: [SocketAddress] = []
        var entry = list
        while let current = entry {
            if let address = socketAddress(current.pointee) { found.append(address) }
            entry = current.pointee.ai_next
        }
        return found
    }

    private static func socketAddress(_ entry: addrinfo) -> SocketAddress? {
        switch (entry.ai_family, entry.ai_addr) {
        case (AF_INET, let pointer?):
            pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { SocketAddress($0.pointee) }
        case (AF_INET6, let pointer?):
            pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { SocketAddress($0.pointee) }
        default: nil
        }
    }

    /// Same port, and an address on which we would answer.
    private func isOwn(_ address: SocketAddress) -> Bool {
        guard let ownAddress, address.port == ownAddress.port else { return false }
        return LocalAddresses.contains(address)
    }
}

/// The resolver knows no such host.
public struct NameNotFound: Error, Sendable {
    public let host: String
    public let reason: String
}
