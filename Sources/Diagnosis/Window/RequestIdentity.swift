import Registry
import TapeModel

/// What a request asks for, so that it is known again when it is made once more.
///
/// Equal for a request and its repetition with a token, for GET and HEAD of one thing, for other ranges of one blob, and
/// for another signature of one stored object: kind of method, host, repository, tag or digest, upload session. For a
/// token: realm, service and scopes, by whichever method. For a stored object: what the registry was asked for.
/// A number, because it is compared with hundreds of neighbours; it is hashed with a key of this run.
struct RequestIdentity: Sendable, Hashable {
    private let number: Int

    init(_ exchange: DecodedExchange) {
        var hasher = Hasher()
        let operation = exchange.operation
        if let source = exchange.redirectSource, source.operation.endpoint != .unknown {
            hasher.combine("redirected")
            Self.combine(source.operation, source.url, method: exchange.method, into: &hasher)
        } else if operation.endpoint.isToken {
            hasher.combine("token")
            hasher.combine(exchange.url.host)
            hasher.combine(exchange.url.port)
            hasher.combine(exchange.tokenRequest?.service)
            hasher.combine(exchange.tokenRequest?.scopes)
        } else {
            Self.combine(operation, exchange.url, method: exchange.method, into: &hasher)
        }
        number = hasher.finalize()
    }

    /// That a host was reached at all: what a connection that failed did not achieve.
    init(reached url: TargetURL) { self.init(host: url.host, port: url.port) }

    /// The same by `host:port`, as a connection names it.
    init(reached authority: String) {
        let colon = authority.lastIndex(of: ":")
        let port = colon.flatMap { Int(authority[authority.index(after: $0)...]) }
        let host = port == nil ? authority[...] : colon.map { authority[..<$0] } ?? authority[...]
        let bare = host.hasPrefix("[") && host.hasSuffix("]") ? host.dropFirst().dropLast() : host
        self.init(host: bare.lowercased(), port: port ?? 443)
    }

    private init(host: String, port: Int) {
        var hasher = Hasher()
        hasher.combine("reached")
        hasher.combine(host)
        hasher.combine(port)
        number = hasher.finalize()
    }

    private static func combine(
        _ operation: Operation, _ url: TargetURL, method: String, into hasher: inout Hasher
    ) {
        hasher.combine(url.host)
        hasher.combine(url.port)
        hasher.combine(operation.repository)
        switch operation.endpoint {
        case .manifestGet, .manifestHead:
            hasher.combine("manifest")
            hasher.combine(operation.reference)
        case .blobGet, .blobHead:
            hasher.combine("blob")
            hasher.combine(operation.digest)
        case .uploadPut:
            // A blob that is sent once more gets a new session; its digest is the same.
            hasher.combine("blob upload")
            hasher.combine(operation.digest)
        case .uploadStart:
            hasher.combine("upload")
        case .ping:
            hasher.combine("ping")
        case .tagsList, .catalogList, .referrersGet:
            hasher.combine(operation.endpoint)
            hasher.combine(operation.digest)
            hasher.combine(url[parameter: "last"])
        case .storageGet, .storageHead, .unknown, .connect:
            hasher.combine(method == "HEAD" ? "GET" : method)
            hasher.combine(url.path)
        default:
            hasher.combine(operation.endpoint)
            hasher.combine(operation.reference)
            hasher.combine(operation.digest)
            hasher.combine(operation.uploadSession)
            hasher.combine(operation.mountFrom)
        }
    }
}
