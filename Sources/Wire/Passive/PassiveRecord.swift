import TapeModel

/// What a tape is told of one connection of a capture, in the order that a sink wants: that it is up, what it carried,
/// how it ended.
struct PassiveRecord: Sendable {
    /// As many oddities of one code as show a pattern; the counts at the end are whole.
    private static let mostOfOneCode = 16
    /// What may be said before it is known whose connection it is.
    private static let mostHeld = 64

    var connection: Connection
    private let scheme: String
    private(set) var isOpened = false
    private var held: [Anomaly] = []
    private var counts: [String: Int] = [:]
    /// The exchange that something was last heard of, while it is open.
    private var active: Int?
    private var clientOctets: Int64 = 0
    private var serverOctets: Int64 = 0

    init(_ connection: Connection, scheme: String) {
        self.connection = connection
        self.scheme = scheme
    }

    mutating func open(_ sink: any TapeSink) {
        guard !isOpened else { return }
        isOpened = true
        sink.connectionOpened(connection)
        if !held.isEmpty {
            let last = held.last?.seen ?? connection.started
            sink.record(held.map(ExchangeEvent.anomalyFound), of: connection.id, bytes: Span(), at: last)
        }
        held = []
    }

    mutating func fail(_ failure: ExchangeError, _ sink: any TapeSink) {
        guard !isOpened else { return }
        connection.failure = failure
        open(sink)
    }

    mutating func count(_ octets: Int, from side: Side) {
        switch side {
        case .client: clientOctets &+= Int64(octets)
        case .server: serverOctets &+= Int64(octets)
        }
    }

    mutating func record(_ events: [ExchangeEvent], _ octets: Span<UInt8>, at now: Instant, _ sink: any TapeSink) {
        guard !events.isEmpty else { return }
        open(sink)
        for event in events { follow(event) }
        sink.record(events, of: connection.id, bytes: octets, at: now)
    }

    /// Notes an oddity with the exchange that it fell upon.
    mutating func note(
        _ code: String, _ detail: String, raw: [UInt8] = [], _ side: Side, at now: Instant, _ sink: any TapeSink
    ) {
        let count = counts[code, default: 0] + 1
        guard count <= Self.mostOfOneCode else { return }
        counts[code] = count
        let anomaly = Anomaly(
            connection: connection.id, exchange: active, side: side, seen: now, code: code,
            detail: detail + (count == Self.mostOfOneCode ? " No more of these are noted on this connection." : ""),
            raw: raw)
        if isOpened {
            sink.record([.anomalyFound(anomaly)], of: connection.id, bytes: Span(), at: now)
        } else if held.count < Self.mostHeld {
            held.append(anomaly)
        }
    }

    mutating func close(
        _ closer: ConnectionEnd.Closer, error: ExchangeError?, packets: PacketCounts, at now: Instant,
        _ sink: any TapeSink
    ) {
        open(sink)
        sink.connectionClosed(
            ConnectionEnd(
                id: connection.id, ended: now, closedBy: closer, clientBytes: clientOctets, serverBytes: serverOctets,
                error: error, packets: packets))
    }

    private mutating func follow(_ event: ExchangeEvent) {
        switch event {
        case .requestReceived(let number, _, _, _), .interimReceived(let number, _),
            .responseReceived(let number, _, _), .bodyReceived(let number, _, _), .trailersReceived(let number, _, _):
            active = number
        case .exchangeEnded(let number, _): if active == number { active = nil }
        case .messageEnded, .anomalyFound, .becameOpaque: return
        }
    }
}
