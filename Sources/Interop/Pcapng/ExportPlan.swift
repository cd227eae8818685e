public import TapeModel

/// What a first reading of a trace tells an export: which connections there were, when, and what they carried in which order.
///
/// Of an exchange it keeps where it is and when it began, a few dozen octets, and reads it again when its time has come.
public struct ExportPlan: Sendable {
    struct PlannedExchange: Sendable {
        var seq: Int64
        var place: Int64
        var started: Int64
        /// That of the tape, or one of its own; meaningless in HTTP/1.
        var stream: Int
        var isBroken: Bool
    }

    /// A tape that was taken up again numbers its connections anew in each stretch.
    struct Place: Sendable, Hashable {
        var stretch: Int
        var id: ConnectionID
    }

    struct PlannedConnection: Sendable {
        var place: Place
        var isHTTP2 = false
        /// Nothing where the trace has no record of it.
        var connection: Connection?
        var end: ConnectionEnd?
        var exchanges: [PlannedExchange] = []
        var host = ""
    }

    /// A connection of the trace in one version of HTTP; what came after a broken exchange of HTTP/1 has one of its own.
    private struct Key: Hashable {
        var place: Place
        var isHTTP2: Bool
    }

    public private(set) var losses = ExportLosses()
    /// Octets of all bodies, for whoever shows progress.
    public private(set) var octets: Int64 = 0
    private var stretch = 0
    private var records: [Place: Connection] = [:]
    private var ends: [Place: ConnectionEnd] = [:]
    private var carried: [Key: PlannedConnection] = [:]

    public init() {}

    /// Takes the next record of the trace; `place` is where it can be read again.
    public mutating func note(_ record: TapeRecord, seq: Int64, place: Int64) {
        switch record {
        case .tape(let header):
            stretch += 1
            if header.redactionPolicy != "none" { losses.isRedacted = true }
        case .connection(let connection):
            records[Place(stretch: stretch, id: connection.id)] = Self.withoutDetails(connection)
        case .connectionEnd(let end): ends[Place(stretch: stretch, id: end.id)] = end
        case .exchange(let exchange): note(exchange, seq: seq, place: place)
        case .anomaly: losses.anomalies += 1
        case .gap, .end, .unknown: return
        }
    }

    private mutating func note(_ exchange: Exchange, seq: Int64, place: Int64) {
        let key = Key(
            place: Place(stretch: stretch, id: exchange.connection),
            isHTTP2: exchange.request.head.version.hasPrefix("HTTP/2"))
        var connection = carried[key] ?? PlannedConnection(place: key.place, isHTTP2: key.isHTTP2)
        if connection.host.isEmpty { connection.host = ExportedTarget(exchange.request.head.url).authority }
        connection.exchanges.append(
            PlannedExchange(
                seq: seq, place: place, started: ExportTime.bounded(exchange.started), stream: exchange.stream ?? 0,
                isBroken: exchange.error != nil))
        carried[key] = connection
        losses.exchanges += 1
        for body in [exchange.request.body, exchange.response?.body ?? .empty] {
            octets = min(.max / 4, octets + min(.max / 4, max(0, body.length)))
        }
    }

    /// Names of certificates and ciphers have no place in plain HTTP.
    private static func withoutDetails(_ connection: Connection) -> Connection {
        var connection = connection
        connection.certificates = []
        connection.clientTLS = connection.clientTLS.map { TLSLeg(alpn: $0.alpn, version: $0.version) }
        connection.serverTLS = connection.serverTLS.map { TLSLeg(alpn: $0.alpn, version: $0.version) }
        return connection
    }

    /// The connections in the order of their numbers, each with its exchanges in the order in which they began.
    func connections() -> [PlannedConnection] {
        var all: [PlannedConnection] = []
        for connection in carried.values { all += Self.parts(of: connection) }
        for place in records.keys
        where carried[Key(place: place, isHTTP2: false)] == nil && carried[Key(place: place, isHTTP2: true)] == nil {
            all.append(PlannedConnection(place: place))
        }
        func rank(_ one: PlannedConnection) -> (Int, Int, Int64) {
            (one.place.stretch, one.place.id, one.exchanges.first?.started ?? 0)
        }
        all.sort { rank($0) < rank($1) }
        for index in all.indices {
            all[index].connection = records[all[index].place]
            // Where a connection became several, the last of them ended as it did.
            let isLast = index + 1 == all.count || all[index + 1].place != all[index].place
            if isLast { all[index].end = ends[all[index].place] }
            if let authority = all[index].connection?.authority, !authority.isEmpty { all[index].host = authority }
        }
        return all
    }

    /// Nothing can follow a broken message on a connection of HTTP/1, so what did has one of its own.
    private static func parts(of connection: PlannedConnection) -> [PlannedConnection] {
        var connection = connection
        connection.exchanges.sort { ($0.started, $0.stream, $0.seq) < ($1.started, $1.stream, $1.seq) }
        if connection.isHTTP2 {
            number(&connection.exchanges)
            return [connection]
        }
        var parts: [PlannedConnection] = []
        var part = connection
        part.exchanges = []
        for exchange in connection.exchanges {
            part.exchanges.append(exchange)
            guard exchange.isBroken else { continue }
            parts.append(part)
            part.exchanges = []
        }
        if !part.exchanges.isEmpty { parts.append(part) }
        return parts
    }

    /// Stream identifiers are odd and grow (RFC 9113 §5.1.1); where those of the trace do not, new ones are given.
    private static func number(_ exchanges: inout [PlannedExchange]) {
        var last = -1
        var isGood = true
        for exchange in exchanges {
            isGood = isGood && exchange.stream > last && exchange.stream % 2 == 1 && exchange.stream <= Int32.max
            last = exchange.stream
        }
        guard !isGood else { return }
        for index in exchanges.indices { exchanges[index].stream = 2 * index + 1 }
    }
}
