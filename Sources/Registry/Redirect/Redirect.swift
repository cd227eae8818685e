public import TapeModel

/// An answer that sends the client elsewhere (RFC 9110 §15.4).
public struct Redirect: Sendable, Hashable {
    /// As sent: may be relative.
    public var location: String
    /// Resolved against the request (RFC 3986 §5).
    public var target: TargetURL?
    public var signature: URLSignature?
    /// Scheme, host and port differ from the request's.
    public var crossesOrigin: Bool
}

/// What signs a URL for whoever holds it (REGISTRY-FACTS.md §3.2).
public struct URLSignature: Sendable, Hashable {
    public enum Scheme: String, Sendable, Hashable {
        case azureSAS = "azure-sas"
        case awsV4 = "aws-v4"
        case awsV2 = "aws-v2"
        case googleV4 = "google-v4"
        case googleV2 = "google-v2"
        case cloudFront = "cloudfront"
        case cloudflare
        case akamai
        case path
    }

    public var scheme: Scheme
    public var starts: Instant?
    public var expires: Instant?
}

/// The exchange whose `Location` a request follows, as that request is told.
public struct RedirectSource: Sendable, Hashable {
    public var seq: Int64
    public var operation: Operation
    public var url: TargetURL
    /// What the redirected request carried; the same here means that it was forwarded.
    public var credentials: Credentials?
    public var status: Int
    /// When the redirecting answer was complete.
    public var answered: Instant
}
