public import TapeModel

/// What a filter looks at: one exchange, or the connection that never carried one, in plain values.
///
/// Apart from `DecodedExchange`, so that a replayer can ask about a request that has no answer yet.
public struct FilterSubject: Sendable, Hashable {
    public var seq: Int64
    public var connection: ConnectionID
    public var method: String
    /// As recorded.
    public var url: String
    /// `host` or `host:port`, lower case.
    public var authority: String
    public var path: String
    public var version: String
    public var status: Int?
    public var operation: Operation
    /// Role of the host, such as `storage`.
    public var role: String
    public var client: String?
    public var requestBytes: Int64
    public var responseBytes: Int64
    /// Microseconds.
    public var duration: Int64
    public var contentType: String?
    public var error: ExchangeError?
    public var workflow: Int?
    /// Names of the rules whose findings cite it.
    public var findings: [String]

    public init(_ decoded: DecodedExchange, findings: [String] = []) {
        self.init(
            decoded.exchange, operation: decoded.operation, authority: decoded.url.authority, path: decoded.url.path,
            role: decoded.host.role)
        client = decoded.client?.userAgent
        workflow = decoded.workflow
        self.findings = findings
    }

    public init(
        _ exchange: Exchange, operation: Operation, authority: String, path: String, role: HostProfile.Role
    ) {
        seq = exchange.seq
        connection = exchange.connection
        method = exchange.request.head.method
        url = exchange.request.head.url
        self.authority = authority
        self.path = path
        version = exchange.response?.head.version ?? exchange.request.head.version
        status = exchange.response?.head.status
        self.operation = operation
        self.role = role.rawValue
        client = exchange.request.head.fields.first("user-agent")
        requestBytes = exchange.request.body.length
        responseBytes = exchange.response?.body.length ?? 0
        duration = exchange.timing.duration
        contentType = exchange.response?.head.fields.first("content-type")
        error = exchange.error
        findings = []
    }

    /// A connection that failed before it carried an exchange is the CONNECT that it was.
    public init(_ decoded: DecodedConnection, findings: [String] = []) {
        let connection = decoded.connection
        seq = decoded.seq
        self.connection = connection.id
        method = "CONNECT"
        url = connection.authority
        authority = decoded.host.authority
        path = ""
        version = "HTTP/1.1"
        operation = Operation(endpoint: .connect)
        role = decoded.host.role.rawValue
        requestBytes = 0
        responseBytes = 0
        duration = 0
        error = connection.failure
        self.findings = findings
    }
}
