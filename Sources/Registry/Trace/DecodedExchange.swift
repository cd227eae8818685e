public import TapeModel

/// One exchange with its meaning.
///
/// Everything that depends on earlier exchanges is told here as a small value of its own, so that nobody who looks at
/// an exchange has to find another one first, and a trace of any length is decoded in flat memory.
public struct DecodedExchange: Sendable {
    /// As recorded; bodies without their text once they are decoded.
    public var exchange: Exchange
    public var url: TargetURL
    public var operation: Operation
    /// What the host is in this trace, as far as it was known when this exchange ended.
    public var host: HostProfile
    public var client: ClientProduct?
    /// `Authorization`.
    public var credentials: Credentials?
    /// `WWW-Authenticate` of the answer, or `Proxy-Authenticate` of a 407.
    public var challenges: [Challenge]
    public var tokenRequest: TokenRequest?
    public var tokenAnswer: TokenAnswer?
    /// The token exchange that the bearer token of this request came from.
    public var grant: TokenGrant?
    /// The 401 that this request is a retry of: same method, URL and host, now with credentials.
    public var challenge: ChallengeSource?
    public var redirect: Redirect?
    /// The exchange whose Location this request follows.
    public var redirectSource: RedirectSource?
    /// The signature in the request's own URL.
    public var signature: URLSignature?
    public var upload: UploadStep?
    public var rateLimit: RateLimit?
    public var pagination: Pagination?
    /// The manifest in the answer, or in the request of a push.
    public var manifest: Manifest?
    /// The decoded content of an answer with status 400 or above, or of an unexpected type.
    public var errorBody: ErrorBody?
    /// Who answered; nothing where nobody did.
    public var answerer: Answerer?
    /// `Date` of the answer.
    public var date: Instant?
    /// Anomalies of the wire that were seen within this exchange.
    public var anomalies: [Anomaly]
    /// Number of the workflow that this exchange belongs to; see `TraceSummary.workflows`.
    public var workflow: Int?

    public var seq: Int64 { exchange.seq }
    public var method: String { exchange.request.head.method }
    /// Status of the final answer; nothing where there is none.
    public var status: Int? { exchange.response?.head.status }
    public var started: Instant { exchange.started }
    public var ended: Instant {
        Instant(
            microseconds: exchange.started.microseconds.addingReportingOverflow(exchange.timing.duration).partialValue)
    }
    /// The items of `errors[]`, where the answer has them.
    public var errors: [RegistryError] {
        if case .registry(let errors)? = errorBody { errors } else { [] }
    }
    /// The XML error of a storage service, where the answer is one.
    public var storageError: StorageError? {
        if case .storage(let error)? = errorBody { error } else { nil }
    }
    /// The text of an answer that is no success, whatever its form, for searching words in it.
    public var errorText: String { errorBody?.text ?? "" }
    public var isSuccess: Bool { status.map { (200..<400).contains($0) } ?? false }
    /// First value of a field of the request.
    public func requestField(_ name: String) -> String? { exchange.request.head.fields.first(name) }
    /// First value of a field of the final answer.
    public func responseField(_ name: String) -> String? { exchange.response?.head.fields.first(name) }
}

/// The 401 that a request answers by showing credentials.
public struct ChallengeSource: Sendable, Hashable {
    public var seq: Int64
    public var challenges: [Challenge]
    public var ended: Instant
}

/// `RateLimit-*` of an answer (Docker Hub), and `Retry-After`.
public struct RateLimit: Sendable, Hashable {
    public var limit: Int?
    public var remaining: Int?
    /// Seconds of the window (`;w=21600`).
    public var window: Int?
    /// Seconds, also where a date was given.
    public var retryAfter: Int?
    /// `Docker-RateLimit-Source`: an address, or an account; redacted.
    public var source: String?
}

/// A list that may have further pages (distribution-spec, listing tags; RFC 8288).
public struct Pagination: Sendable, Hashable {
    /// `n` of the request.
    public var requested: Int?
    /// Entries in the answer.
    public var count: Int?
    /// `Link; rel="next"`, resolved against the request.
    public var next: TargetURL?
    /// The link as sent.
    public var link: String?
}

/// What a manifest says, as far as a trace is judged by it (image-spec, manifest and index; Docker schema 1 and 2).
public struct Manifest: Sendable, Hashable {
    public struct Descriptor: Sendable, Hashable {
        public var mediaType: String
        public var digest: Digest?
        public var size: Int64?
        /// `linux/arm64/v8`, in an index.
        public var platform: String?
        public var urls: [String]
    }

    /// `mediaType` of the document; nothing where it has none.
    public var mediaType: String?
    /// `Content-Type` under which it travelled.
    public var contentType: String?
    public var schemaVersion: Int?
    public var isIndex: Bool
    public var config: Descriptor?
    /// Layers of an image.
    public var layers: [Descriptor]
    /// Manifests of an index.
    public var manifests: [Descriptor]
    public var subject: Descriptor?
    /// SHA-256 of the octets as recorded.
    public var digest: Digest?
}
