public import NIOSSL
import Synchronization
public import TapeModel

/// TLS server contexts for the hosts that clients ask for, with leaves minted on demand.
///
/// Bounded: a client that invents host names makes us mint, not grow.
public final class LeafContexts: Sendable {
    private struct Key: Hashable {
        let host: String
        let alpn: String?
    }

    /// Names seen in a day of container traffic fit many times over; the cache stays below some 16 MiB.
    private static let limit = 1_000
    /// A leaf is minted anew well before its 30 days are over, for recorders that run for months.
    private static let refreshAfter: Int64 = 7 * 86_400 * 1_000_000

    private let authority: CertificateAuthority
    private let keyLog: KeyLog?
    private let cache = Mutex(BoundedCache<Key, (context: NIOSSLContext, minted: Instant)>(limit: limit))

    public init(authority: CertificateAuthority, keyLog: KeyLog?) {
        self.authority = authority
        self.keyLog = keyLog
    }

    /// A context that presents a leaf for `host` and speaks exactly the protocol that the origin chose.
    public func context(for host: String, alpn: String?, at now: Instant) throws -> NIOSSLContext {
        guard HostName.isValid(host) else {
            throw ListenerError(.badCertificates, "no certificate is made for a host name like that")
        }
        let key = Key(host: host, alpn: alpn)
        if let known = cache.withLock({ $0[key] }),
            now.microseconds(since: known.minted) < Self.refreshAfter
        {
            return known.context
        }
        let leaf = try authority.mintLeaf(for: host, at: now)
        var configuration = TLSConfiguration.makeServerConfiguration(certificateChain: leaf.chain, privateKey: leaf.key)
        configuration.applicationProtocols = alpn.map { [$0] } ?? []
        configuration.keyLogCallback = keyLog?.callback
        configuration.shutdownTimeout = TLSFarewell.patience
        let context = try NIOSSLContext(configuration: configuration)
        cache.withLock { $0.insert((context, now), for: key) }
        return context
    }
}
