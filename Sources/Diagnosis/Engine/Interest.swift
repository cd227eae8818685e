import Registry
import TapeModel

/// Which exchanges a rule wants to be asked about.
///
/// Most exchanges of a trace are in order, and most rules are about those that are not; so a rule says what it looks at
/// and is not called for anything else. An exchange that is of one of these kinds is enough.
public struct Interest: OptionSet, Sendable, Hashable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// No whole answer, or a status of 400 and above.
    public static let failures = Interest(rawValue: 1)
    /// An answer with a `Location` that sends the client elsewhere, and the request that follows it.
    public static let redirects = Interest(rawValue: 2)
    /// Requests for a token, whatever came of them.
    public static let tokens = Interest(rawValue: 4)
    /// Answers with a challenge.
    public static let challenges = Interest(rawValue: 8)
    /// Requests that carry credentials.
    public static let credentials = Interest(rawValue: 16)
    /// Each step of an upload, whatever came of it.
    public static let uploads = Interest(rawValue: 32)
    /// Reading and writing of manifests.
    public static let manifests = Interest(rawValue: 64)
    /// Reading of blobs, at the registry and at the storage behind it.
    public static let blobs = Interest(rawValue: 128)
    /// Lists of tags, repositories and referrers.
    public static let lists = Interest(rawValue: 256)
    /// Exchanges within which the wire was odd.
    public static let anomalies = Interest(rawValue: 512)
    /// Answers that tell of a rate limit.
    public static let rateLimits = Interest(rawValue: 1024)
    /// Answers whose content is a page or an error where that is not expected, also under a good status.
    public static let oddContents = Interest(rawValue: 2048)
    /// Every exchange; for rules that nothing narrower fits.
    public static let everything = Interest(rawValue: .max)

    /// What one exchange is of interest for.
    init(of exchange: DecodedExchange) {
        var kinds: Interest = []
        let endpoint = exchange.operation.endpoint
        if exchange.hasFailed { kinds.insert(.failures) }
        if exchange.redirect != nil || exchange.redirectSource != nil { kinds.insert(.redirects) }
        if endpoint.isToken { kinds.insert(.tokens) }
        if !exchange.challenges.isEmpty { kinds.insert(.challenges) }
        if exchange.credentials != nil { kinds.insert(.credentials) }
        if endpoint.isUpload { kinds.insert(.uploads) }
        if endpoint.isManifestRead || endpoint == .manifestPut || endpoint == .manifestDelete {
            kinds.insert(.manifests)
        }
        if endpoint.isBlobRead || endpoint.isStorage { kinds.insert(.blobs) }
        if endpoint == .tagsList || endpoint == .catalogList || endpoint == .referrersGet { kinds.insert(.lists) }
        if !exchange.anomalies.isEmpty { kinds.insert(.anomalies) }
        if exchange.rateLimit != nil { kinds.insert(.rateLimits) }
        if exchange.errorBody != nil { kinds.insert(.oddContents) }
        self = kinds.isEmpty ? Interest(rawValue: 1 << 15) : kinds
    }
}
