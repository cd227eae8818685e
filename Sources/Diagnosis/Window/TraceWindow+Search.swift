public import Registry
import TapeModel

/// Finding the exchange that belongs to another one.
///
/// Each function takes the exchange in question or any other one of the window, and sees nothing beyond the window.
/// *The same request* means: same kind of method (GET and HEAD are one), host, repository, tag or digest and upload
/// session, whatever the credentials, the range and the signature in the URL.
extension TraceWindow {
    /// An exchange of the window by its number.
    public func exchange(_ seq: Int64) -> DecodedExchange? {
        position(of: seq).map { exchanges[$0].exchange }
    }

    /// The next time that the same request was made.
    public func retry(of exchange: DecodedExchange) -> DecodedExchange? {
        later(than: exchange) { $0.identity == $1 }
    }

    /// The last time that the same request had been made before.
    public func previous(of exchange: DecodedExchange) -> DecodedExchange? {
        earlier(than: exchange) { $0.identity == $1 }
    }

    /// Every time that the same request was made, before and after, in tape order, without the exchange itself.
    public func repetitions(of exchange: DecodedExchange) -> TraceSelection {
        let identity = identity(of: exchange)
        return all { $0.identity == identity && $0.seq != exchange.seq }
    }

    /// The first later time that the same request was answered well, be it by a redirect.
    public func laterSuccess(of exchange: DecodedExchange) -> DecodedExchange? {
        later(than: exchange) { $0.identity == $1 && ($0.hasSucceeded || $0.isRedirect) }
    }

    /// The last earlier time that the same request was answered well, be it by a redirect.
    public func earlierSuccess(of exchange: DecodedExchange) -> DecodedExchange? {
        earlier(than: exchange) { $0.identity == $1 && ($0.hasSucceeded || $0.isRedirect) }
    }

    /// The exchange that followed the redirect that this one is.
    public func follower(of exchange: DecodedExchange) -> DecodedExchange? {
        later(than: exchange) { key, _ in key.redirectSource == exchange.seq }
    }

    /// The exchange whose redirect this one follows.
    public func redirectSource(of exchange: DecodedExchange) -> DecodedExchange? {
        exchange.redirectSource.flatMap { self.exchange($0.seq) }
    }

    /// The request that showed credentials because this one was challenged.
    public func challengeAnswer(to exchange: DecodedExchange) -> DecodedExchange? {
        later(than: exchange) { key, _ in key.challenge == exchange.seq }
    }

    /// The exchange that gave the token that this request carries.
    public func tokenExchange(of exchange: DecodedExchange) -> DecodedExchange? {
        exchange.grant.flatMap { self.exchange($0.seq) }
    }

    /// Requests for a token in the window, in tape order.
    public var tokenExchanges: TraceSelection { all { $0.endpoint.isToken } }

    /// The next request for a token after this exchange.
    public func nextTokenExchange(after exchange: DecodedExchange) -> DecodedExchange? {
        later(than: exchange) { key, _ in key.endpoint.isToken }
    }

    /// Other exchanges with the same host and port, in tape order.
    public func sameHost(as exchange: DecodedExchange) -> TraceSelection {
        let authority = TraceKey.number(exchange.url)
        return all { $0.authority == authority && $0.seq != exchange.seq }
    }

    /// Other exchanges on the same connection, in tape order.
    public func sameConnection(as exchange: DecodedExchange) -> TraceSelection {
        all { $0.connection == exchange.exchange.connection && $0.seq != exchange.seq }
    }

    /// Other steps of the same upload, in tape order; without the POST that began it, which knows no session yet.
    public func sameUpload(as exchange: DecodedExchange) -> TraceSelection {
        guard let session = exchange.operation.uploadSession else { return none }
        let number = session.hashValue
        return all { $0.upload == number && $0.seq != exchange.seq }
    }

    /// Other exchanges of the same pull or push, in tape order.
    public func sameWorkflow(as exchange: DecodedExchange) -> TraceSelection {
        guard let workflow = exchange.workflow else { return none }
        return all { $0.workflow == workflow && $0.seq != exchange.seq }
    }

    /// The first later exchange with the same host and port that was answered well.
    public func nextSuccessAtHost(after exchange: DecodedExchange) -> DecodedExchange? {
        let authority = TraceKey.number(exchange.url)
        return later(than: exchange) { key, _ in key.authority == authority && key.hasSucceeded }
    }

    /// The last earlier exchange with the same host and port that was answered well.
    public func lastSuccessAtHost(before exchange: DecodedExchange) -> DecodedExchange? {
        let authority = TraceKey.number(exchange.url)
        return earlier(than: exchange) { key, _ in key.authority == authority && key.hasSucceeded }
    }

    /// The first later exchange with the same host and port that carries credentials.
    public func nextWithCredentials(after exchange: DecodedExchange) -> DecodedExchange? {
        let authority = TraceKey.number(exchange.url)
        return later(than: exchange) { key, _ in key.authority == authority && key.hasCredentials }
    }

    /// The last earlier exchange with the same host and port that carries credentials.
    public func lastWithCredentials(before exchange: DecodedExchange) -> DecodedExchange? {
        let authority = TraceKey.number(exchange.url)
        return earlier(than: exchange) { key, _ in key.authority == authority && key.hasCredentials }
    }

    /// The connection that carried an exchange, where it ended within the window.
    public func connection(of exchange: DecodedExchange) -> DecodedConnection? {
        connections.first { $0.connection.id == exchange.exchange.connection }
    }

    /// The exchanges that a connection carried, in tape order.
    public func exchanges(on connection: DecodedConnection) -> TraceSelection {
        all { $0.connection == connection.connection.id }
    }

    /// The first later exchange for which `isWanted`; for what the functions above do not find.
    public func firstLater(
        than exchange: DecodedExchange, at endpoints: Set<Endpoint>, where isWanted: (DecodedExchange) -> Bool
    ) -> DecodedExchange? {
        let bits = TraceKey.bits(of: endpoints)
        for index in indices(after: exchange)
        where keys[index].endpointBit & bits != 0 && isWanted(exchanges[index].exchange) {
            return exchanges[index].exchange
        }
        return nil
    }

    /// The last earlier exchange for which `isWanted`.
    public func lastEarlier(
        than exchange: DecodedExchange, at endpoints: Set<Endpoint>, where isWanted: (DecodedExchange) -> Bool
    ) -> DecodedExchange? {
        let bits = TraceKey.bits(of: endpoints)
        for index in indices(before: exchange).reversed()
        where keys[index].endpointBit & bits != 0 && isWanted(exchanges[index].exchange) {
            return exchanges[index].exchange
        }
        return nil
    }
}

extension TraceWindow {
    private func position(of seq: Int64) -> Int? {
        if asksAboutExchange, middle < upper, keys[middle].seq == seq { return middle }
        return (lower..<upper).first { keys[$0].seq == seq }
    }

    private func identity(of exchange: DecodedExchange) -> RequestIdentity {
        position(of: exchange.seq).map { keys[$0].identity } ?? RequestIdentity(exchange)
    }

    private func indices(after exchange: DecodedExchange) -> Range<Int> {
        (position(of: exchange.seq).map { $0 + 1 } ?? firstAfter)..<upper
    }

    private func indices(before exchange: DecodedExchange) -> Range<Int> {
        lower..<(position(of: exchange.seq) ?? middle)
    }

    private func later(
        than exchange: DecodedExchange, where isWanted: (TraceKey, RequestIdentity) -> Bool
    ) -> DecodedExchange? {
        let identity = identity(of: exchange)
        return indices(after: exchange).first { isWanted(keys[$0], identity) }.map { exchanges[$0].exchange }
    }

    private func earlier(
        than exchange: DecodedExchange, where isWanted: (TraceKey, RequestIdentity) -> Bool
    ) -> DecodedExchange? {
        let identity = identity(of: exchange)
        return indices(before: exchange).last { isWanted(keys[$0], identity) }.map { exchanges[$0].exchange }
    }

    private var none: TraceSelection { TraceSelection(exchanges, places: []) }

    private func all(where isWanted: (TraceKey) -> Bool) -> TraceSelection {
        TraceSelection(exchanges, places: (lower..<upper).filter { isWanted(keys[$0]) })
    }
}
