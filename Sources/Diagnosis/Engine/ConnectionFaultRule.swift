public import Registry
public import TapeModel

/// A rule about connections that did not come up, or broke, for a reason that the witness gave a code.
///
/// The same failure can stand on the connection and on each request that was answered in its place; all of it becomes one
/// finding for each host.
public protocol ConnectionFaultRule: Rule {
    /// Codes of `ExchangeError` that this rule explains.
    static var codes: Set<String> { get }

    /// The finding for a failure on the way to `host`, without evidence and subject.
    static func verdict(_ failure: ExchangeError, host: HostProfile, connection: Connection?) -> Finding?
}

extension ConnectionFaultRule {
    public static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard let failure = exchange.exchange.error, codes.contains(failure.code) else { return nil }
        let connection = window.connections.last { $0.connection.id == exchange.exchange.connection }?.connection
        return told(
            verdict(failure, host: exchange.host, connection: connection), exchange.host, exchange.seq, at: "error")
    }

    public static func check(_ connection: DecodedConnection, in window: TraceWindow) -> Finding? {
        guard let failure = connection.connection.failure, codes.contains(failure.code) else { return nil }
        return told(
            verdict(failure, host: connection.host, connection: connection.connection), connection.host,
            connection.seq, at: "connection.failure")
    }

    private static func told(_ finding: Finding?, _ host: HostProfile, _ seq: Int64, at place: String) -> Finding? {
        guard var finding else { return nil }
        finding.evidence = [Evidence(seq, place)]
        finding.subject = host.authority
        return finding
    }
}

extension HostProfile {
    /// The host as a sentence names it: with its part in the trace where that is known.
    public var words: String {
        switch role {
        case .registry: "the registry \(authority)"
        case .tokenServer: "the token server \(authority)"
        case .storage: "the blob host \(authority)"
        case .notary: "the trust server \(authority)"
        case .other: authority
        }
    }

    /// `host` without its port, for commands.
    public var name: String {
        guard let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") else { return authority }
        return String(authority[..<colon])
    }

    /// `host port`, for commands that take both.
    public var nameAndPort: String {
        guard let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") else { return "\(authority) 443" }
        return "\(authority[..<colon]) \(authority[authority.index(after: colon)...])"
    }

    /// `host:port`, for commands that take both as one word.
    public var nameColonPort: String { nameAndPort.split(separator: " ").joined(separator: ":") }
}
