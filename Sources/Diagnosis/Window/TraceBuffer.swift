import Registry
import TapeModel

/// The stretch of the trace that is in hand: what was judged lately, what is judged next, and what follows it.
struct TraceBuffer: Sendable {
    /// Exchanges to either side that a rule sees.
    ///
    /// A pull of an image of a hundred layers with its redirects fits.
    static let reach = 256
    /// Octets of exchanges to either side.
    ///
    /// Heads are bounded where they are recorded, but not by much.
    static let octets = 8 << 20
    /// Connections that are kept.
    ///
    /// More than this many without an exchange between them are all alike.
    static let connectionLimit = 256

    private var exchanges: [ExchangeBox] = []
    private var keys: [TraceKey] = []
    private var costs: [Int] = []
    private var connections: [DecodedConnection] = []
    /// How many exchanges the trace had when each connection ended.
    private var places: [Int] = []
    /// Exchanges that were let go.
    private var forgotten = 0
    private var lower = 0
    private var next = 0
    private var nextConnection = 0
    private var costBefore = 0
    private var costAhead = 0
    private var isFinished = false

    /// What is to be judged now.
    enum Due {
        case exchange(ExchangeBox, TraceKey, TraceWindow)
        case connection(DecodedConnection, TraceWindow)
    }

    /// Number of the exchange that is judged next, from 0 and over the whole trace.
    var ordinal: Int { forgotten + next }

    mutating func append(_ exchange: DecodedExchange) {
        forget()
        let cost = Self.cost(of: exchange)
        exchanges.append(ExchangeBox(exchange))
        keys.append(TraceKey(exchange))
        costs.append(cost)
        costAhead += cost
    }

    mutating func append(_ connection: DecodedConnection) {
        connections.append(connection)
        places.append(forgotten + exchanges.count)
    }

    /// Nothing follows any more: the rest is due.
    mutating func finish() { isFinished = true }

    /// Takes what has been seen from enough sides to be judged, in tape order.
    mutating func takeDue() -> Due? {
        if nextConnection < connections.count, isConnectionDue {
            let connection = connections[nextConnection]
            let window = window(asksAboutExchange: false)
            nextConnection += 1
            dropConnections()
            return .connection(connection, window)
        }
        guard next < exchanges.count, isFinished || exchanges.count - next > Self.reach || costAhead > Self.octets
        else { return nil }
        let due = Due.exchange(exchanges[next], keys[next], window(asksAboutExchange: true))
        advance()
        return due
    }

    /// What a rule sees that is asked about the whole trace: its end.
    var windowAtEnd: TraceWindow { window(asksAboutExchange: false) }

    private var isConnectionDue: Bool {
        let isReached = places[nextConnection] <= ordinal
        let isSeenFromAfter = isFinished || exchanges.count - next >= Self.reach || costAhead > Self.octets
        return isReached && isSeenFromAfter || connections.count - nextConnection > Self.connectionLimit
    }

    private func window(asksAboutExchange: Bool) -> TraceWindow {
        let upper = min(exchanges.count, next + Self.reach + 1)
        return TraceWindow(
            exchanges: exchanges, keys: keys, lower: lower, middle: next, asksAboutExchange: asksAboutExchange,
            upper: upper, connections: connections, reachesStart: forgotten + lower == 0,
            reachesEnd: isFinished && upper == exchanges.count)
    }

    private mutating func advance() {
        costAhead -= costs[next]
        costBefore += costs[next]
        next += 1
        while next - lower > Self.reach || costBefore > Self.octets {
            costBefore -= costs[lower]
            lower += 1
        }
    }

    /// Lets go of what no window shows any more: of many at once, and while nobody holds a window, because a shared
    /// array would be copied.
    private mutating func forget() {
        guard lower >= Self.reach else { return }
        exchanges.removeFirst(lower)
        keys.removeFirst(lower)
        costs.removeFirst(lower)
        forgotten += lower
        next -= lower
        lower = 0
    }

    private mutating func dropConnections() {
        let excess = nextConnection - Self.connectionLimit
        guard excess >= Self.connectionLimit else { return }
        connections.removeFirst(excess)
        places.removeFirst(excess)
        nextConnection -= excess
    }

    private static func cost(of exchange: DecodedExchange) -> Int {
        let message = exchange.exchange
        var octets = 1024 + message.request.head.url.utf8.count
        for field in message.request.head.fields { octets += field.name.utf8.count + field.value.utf8.count }
        for field in message.response?.head.fields ?? [] { octets += field.name.utf8.count + field.value.utf8.count }
        octets += message.request.body.text?.utf8.count ?? 0
        octets += message.response?.body.text?.utf8.count ?? 0
        octets += exchange.errorText.utf8.count
        if let manifest = exchange.manifest { octets += 256 * (manifest.layers.count + manifest.manifests.count) }
        return octets
    }
}
