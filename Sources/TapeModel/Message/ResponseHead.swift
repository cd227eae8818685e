/// The head of a response, interim (1xx) or final.
public struct ResponseHead: Sendable, Hashable {
    /// The status code, 100 to 599 where the peer kept to RFC 9110 §15.
    public var status: Int
    /// The reason phrase of HTTP/1; empty in HTTP/2, which has none.
    public var reason: String
    public var version: String
    public var fields: [FieldLine]

    public init(status: Int, reason: String, version: String, fields: [FieldLine]) {
        self.status = status
        self.reason = reason
        self.version = version
        self.fields = fields
    }
}
