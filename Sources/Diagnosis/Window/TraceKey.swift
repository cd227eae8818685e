import Registry
import TapeModel

/// What neighbours are looked up by: some numbers, so that a search reads no exchange but the one that it finds.
struct TraceKey: Sendable {
    var seq: Int64
    var identity: RequestIdentity
    var authority: Int
    var connection: Int
    var endpoint: Endpoint
    /// The endpoint as one bit, for comparing with several at once.
    var endpointBit: UInt64
    var interest: Interest
    var redirectSource: Int64?
    var challenge: Int64?
    var grant: Int64?
    var upload: Int?
    var workflow: Int?
    var hasSucceeded: Bool
    var hasFailed: Bool
    var isRedirect: Bool
    var hasCredentials: Bool

    init(_ exchange: DecodedExchange) {
        seq = exchange.seq
        identity = RequestIdentity(exchange)
        authority = Self.number(exchange.url)
        connection = exchange.exchange.connection
        endpoint = exchange.operation.endpoint
        endpointBit = Self.bits[endpoint] ?? 0
        interest = Interest(of: exchange)
        redirectSource = exchange.redirectSource?.seq
        challenge = exchange.challenge?.seq
        grant = exchange.grant?.seq
        upload = exchange.operation.uploadSession?.hashValue
        workflow = exchange.workflow
        hasSucceeded = exchange.hasSucceeded
        hasFailed = exchange.hasFailed
        isRedirect = exchange.redirect != nil
        hasCredentials = exchange.credentials != nil
    }

    /// The bits of some endpoints: hashing the endpoint of every neighbour would cost more than the rest of a search.
    static func bits(of endpoints: Set<Endpoint>) -> UInt64 {
        endpoints.reduce(0) { $0 | (bits[$1] ?? 0) }
    }

    private static let bits: [Endpoint: UInt64] = Dictionary(
        uniqueKeysWithValues: Endpoint.allCases.enumerated().map { ($0.element, UInt64(1) << UInt64($0.offset & 63)) })

    static func number(_ url: TargetURL) -> Int {
        var hasher = Hasher()
        hasher.combine(url.host)
        hasher.combine(url.port)
        return hasher.finalize()
    }
}
