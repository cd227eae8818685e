public import Registry

/// The neighbourhood of what a rule is asked about: up to 256 exchanges before it and 256 after it.
///
/// Bounded, in octets as well, so that a trace of any length is judged in flat memory. What lies farther away is told by
/// the exchange itself (`grant`, `redirectSource`, `challenge`, `upload`). To look for one exchange, take the functions
/// in `TraceWindow+Search.swift` before walking over `before` and `after`: they compare a few numbers for each neighbour.
public struct TraceWindow: Sendable {
    let exchanges: [ExchangeBox]
    let keys: [TraceKey]
    let lower: Int
    /// Where the exchange in question stands; between two exchanges, where the question is about something else.
    let middle: Int
    let asksAboutExchange: Bool
    let upper: Int

    /// Connections that ended or failed within the window, in tape order.
    public let connections: [DecodedConnection]
    /// Whether the trace begins, or ends, within the window: only then is "never" more than "not soon".
    public let reachesStart: Bool
    public let reachesEnd: Bool

    init(
        exchanges: [ExchangeBox] = [], keys: [TraceKey] = [], lower: Int = 0, middle: Int = 0,
        asksAboutExchange: Bool = false, upper: Int = 0, connections: [DecodedConnection] = [],
        reachesStart: Bool = true, reachesEnd: Bool = true
    ) {
        self.exchanges = exchanges
        self.keys = keys
        self.lower = lower
        self.middle = middle
        self.asksAboutExchange = asksAboutExchange
        self.upper = upper
        self.connections = connections
        self.reachesStart = reachesStart
        self.reachesEnd = reachesEnd
    }

    /// Exchanges before the one in question, oldest first.
    public var before: TraceSelection { TraceSelection(exchanges, range: lower..<middle) }

    /// Exchanges after it, in tape order.
    public var after: TraceSelection { TraceSelection(exchanges, range: firstAfter..<upper) }

    /// Exchanges before and after it.
    public var around: TraceSelection {
        TraceSelection(exchanges, places: Array(lower..<middle) + Array(firstAfter..<upper))
    }

    var firstAfter: Int { asksAboutExchange ? middle + 1 : middle }
}
