public import Registry

/// The neighbourhood of what a rule is asked about: up to some hundred exchanges before it and after it.
///
/// Bounded, so that a trace of any length is judged in flat memory. What lies farther away is told by the exchange
/// itself (`grant`, `redirectSource`, `challenge`, `upload`).
public struct TraceWindow: Sendable {
    /// Exchanges before the one in question, oldest first.
    public internal(set) var before: [DecodedExchange] = []
    /// Exchanges after it, in tape order.
    public internal(set) var after: [DecodedExchange] = []
    /// Connections that ended or failed lately, before and after.
    public internal(set) var connections: [DecodedConnection] = []
    /// Whether the trace begins, or ends, within the window: only then is "never" more than "not soon".
    public internal(set) var reachesStart = false
    public internal(set) var reachesEnd = false

    public init() {}

    /// An exchange of the window by its number.
    public func exchange(_ seq: Int64) -> DecodedExchange? {
        before.first { $0.seq == seq } ?? after.first { $0.seq == seq }
    }

    /// The next exchange that asks for the same thing: same method, URL but for volatile parameters.
    public func retry(of exchange: DecodedExchange) -> DecodedExchange? { nil }

    /// The exchange that followed a redirect.
    public func follower(of exchange: DecodedExchange) -> DecodedExchange? {
        after.first { $0.redirectSource?.seq == exchange.seq }
    }
}
