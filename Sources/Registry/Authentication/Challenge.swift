/// One challenge of `WWW-Authenticate` or `Proxy-Authenticate` (RFC 9110 §11.6.1).
public struct Challenge: Sendable, Hashable {
    /// As sent, such as `Bearer` or `BASIC`.
    public var scheme: String
    public var realm: String?
    public var service: String?
    public var scopes: [TokenScope]
    /// `invalid_token`, `insufficient_scope`, … (RFC 6750 §3.1).
    public var error: String?
    /// Every parameter in order, name in lower case.
    public var parameters: [TargetURL.Parameter]

    public var isBearer: Bool { scheme.lowercased() == "bearer" }
    public var isBasic: Bool { scheme.lowercased() == "basic" }
}
