public import Listener
public import NIOCore
public import NIOPosix
import Synchronization
import TapeModel

/// What every connection of a recording proxy shares.
public struct ProxyServices: Sendable {
    public var settings: ProxySettings
    public var authority: CertificateAuthority
    public var leaves: LeafContexts
    public var origins: OriginContexts
    public var trust: OriginTrust
    public var tap: Tap
    public var clock: RecordingClock
    /// Threads for name look-ups, which block.
    public var threads: NIOThreadPool
    let connections = ConnectionNumbers()
    let ownAddress = OwnAddress()
    let places = ReversePlaces()
    let tunnels = OpenTunnels()

    public init(
        settings: ProxySettings, authority: CertificateAuthority, leaves: LeafContexts, origins: OriginContexts,
        trust: OriginTrust, tap: Tap, clock: RecordingClock, threads: NIOThreadPool
    ) {
        self.settings = settings
        self.authority = authority
        self.leaves = leaves
        self.origins = origins
        self.trust = trust
        self.tap = tap
        self.clock = clock
        self.threads = threads
    }
}

/// How the user wants the proxy to behave.
public struct ProxySettings: Sendable {
    /// Hosts whose TLS is not opened.
    public var passthrough: [HostPattern] = []
    /// Networks besides loopback from which clients may come.
    public var allowed: [AddressRange] = []
    /// Credentials that clients must show; none asks for none.
    public var credentials: ProxyCredentials?
    /// The proxy through which origins are reached.
    public var upstreamProxy: UpstreamProxy?
    /// Addresses of origins that no resolver is asked for, by `host:port`.
    public var addresses: [String: SocketAddress] = [:]
    /// The registry that is fronted, in reverse mode.
    public var reverse: ReverseTarget?
    public var messagePatience = MessagePatience()
    public var tunnelPatience = TunnelPatience()

    public init() {}
}

/// Numbers connections from 1.
final class ConnectionNumbers: Sendable {
    private let last = Atomic(0)

    func next() -> ConnectionID { last.add(1, ordering: .relaxed).newValue }
}

/// The address we are bound to, known only after binding.
final class OwnAddress: Sendable {
    private let address = Mutex<SocketAddress?>(nil)

    var value: SocketAddress? {
        get { address.withLock { $0 } }
        set { address.withLock { $0 = newValue } }
    }
}
