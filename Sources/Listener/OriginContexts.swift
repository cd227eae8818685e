public import NIOSSL
import Synchronization

/// TLS client contexts towards origins, one for each list of protocols that some client offered.
public final class OriginContexts: Sendable {
    private let keyLog: KeyLog?
    private let cache = Mutex(BoundedCache<[String], NIOSSLContext>(limit: 64))

    public init(keyLog: KeyLog?) {
        self.keyLog = keyLog
    }

    public func context(offering alpn: [String]) throws -> NIOSSLContext {
        if let known = cache.withLock({ $0[alpn] }) { return known }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.applicationProtocols = alpn
        configuration.keyLogCallback = keyLog?.callback
        configuration.shutdownTimeout = TLSFarewell.patience
        // The chain is judged by OriginTrust, which can say what is wrong with it; the library's own check could not,
        // and loading the system's roots here would cost every context some twenty milliseconds.
        configuration.certificateVerification = .noHostnameVerification
        configuration.trustRoots = .certificates([])
        let context = try NIOSSLContext(configuration: configuration)
        cache.withLock { $0.insert(context, for: alpn) }
        return context
    }
}
