/// The head of a request: what was asked, of whom, before any body.
public struct RequestHead: Sendable, Hashable {
    /// The method as sent; methods are case-sensitive (RFC 9110 §9.1).
    public var method: String
    /// The target URI in absolute form, put together from scheme, authority and request target (RFC 9110 §7.1).
    public var url: String
    /// `HTTP/1.0`, `HTTP/1.1` or `HTTP/2`.
    public var version: String
    /// The header section without the pseudo-header fields of HTTP/2.
    public var fields: [FieldLine]

    public init(method: String, url: String, version: String, fields: [FieldLine]) {
        self.method = method
        self.url = url
        self.version = version
        self.fields = fields
    }
}
