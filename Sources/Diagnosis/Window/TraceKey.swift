import Registry
import TapeModel

/// What neighbours are looked up by: some numbers, so that a search reads no exchange but the one that it finds.
struct TraceKey: Sendable {
    var seq: Int64
    var identity: RequestIdentity
    var authority: Int
    var connection: Int
    var endpoint: Endpoint
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

    static func number(_ url: TargetURL) -> Int {
        var hasher = Hasher()
        hasher.combine(url.host)
        hasher.combine(url.port)
        return hasher.finalize()
    }
}
