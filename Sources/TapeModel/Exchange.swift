/// One request and what came of it: interim answers, a final answer, or the failure in its place (RFC 9113 §8.1).
public struct Exchange: Sendable, Hashable {
    public struct Request: Sendable, Hashable {
        public var head: RequestHead
        public var body: Body
        public var trailers: [FieldLine]

        public init(head: RequestHead, body: Body = .empty, trailers: [FieldLine] = []) {
            self.head = head
            self.body = body
            self.trailers = trailers
        }
    }

    public struct Response: Sendable, Hashable {
        public var head: ResponseHead
        public var body: Body
        public var trailers: [FieldLine]

        public init(head: ResponseHead, body: Body = .empty, trailers: [FieldLine] = []) {
            self.head = head
            self.body = body
            self.trailers = trailers
        }
    }

    /// Place of the record on the tape; zero until it is written.
    public var seq: Int64
    public var connection: ConnectionID
    /// HTTP/2 stream identifier; nothing in HTTP/1.
    public var stream: Int?
    public var source: Source
    public var started: Instant
    public var timing: Timing
    public var request: Request
    public var interim: [ResponseHead]
    public var response: Response?
    /// Present where there is no whole response.
    public var error: ExchangeError?

    public init(
        seq: Int64 = 0, connection: ConnectionID, stream: Int? = nil, source: Source, started: Instant,
        timing: Timing = Timing(), request: Request, interim: [ResponseHead] = [], response: Response? = nil,
        error: ExchangeError? = nil
    ) {
        self.seq = seq
        self.connection = connection
        self.stream = stream
        self.source = source
        self.started = started
        self.timing = timing
        self.request = request
        self.interim = interim
        self.response = response
        self.error = error
    }
}

/// Number of a connection on its tape, from 1.
public typealias ConnectionID = Int

/// Which witness saw the traffic.
public enum Source: String, Sendable, Hashable {
    case proxy
    case capture
    case imported = "import"
}

/// How long each part of an exchange took, in microseconds.
///
/// `dns`, `connect` and `tls` belong to the exchange that opened the connection and are zero on those that reused it.
public struct Timing: Sendable, Hashable {
    public var dns: Int64 = 0
    public var connect: Int64 = 0
    public var tls: Int64 = 0
    /// First to last octet of the request.
    public var send: Int64 = 0
    /// Last octet of the request to first octet of the final response, or to the end of the exchange where none came;
    /// zero where the answer came early.
    public var wait: Int64 = 0
    /// First to last octet of the final response.
    public var receive: Int64 = 0

    public init() {}

    /// From the first octet of the request to the last of the response.
    public var duration: Int64 { send &+ wait &+ receive }
}

/// Why an exchange has no whole response, and whose doing that was.
public struct ExchangeError: Error, Sendable, Hashable {
    public var party: Party
    /// A stable word in kebab case, such as `connection-refused`.
    public var code: String
    /// One sentence for a person, free of secrets.
    public var detail: String

    public init(party: Party, code: String, detail: String) {
        self.party = party
        self.code = code
        self.detail = detail
    }
}
