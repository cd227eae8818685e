import TapeModel

/// What holds of everything that a capture tells a tape, whatever its packets are.
final class SinkRules: TapeSink {
    private struct Followed {
        var open: Set<Int> = []
        var answered: Set<Int> = []
        var last = 0
        var anomalies: [String: Int] = [:]
    }

    private(set) var violations: [String] = []
    private(set) var exchanges = 0
    private(set) var connections = 0
    /// `METHOD url status octets` of each exchange that ended well.
    private(set) var lines: [String] = []
    /// The connections with an anomaly of each code.
    private(set) var codes: [String: Set<ConnectionID>] = [:]
    private var open: [ConnectionID: Followed] = [:]
    private var closed: Set<ConnectionID> = []
    private var heads: [String: (request: String, status: Int, octets: Int)] = [:]
    /// Whether lines and numbers of what is over are kept: not for a million connections.
    private let keeps: Bool

    init(keeps: Bool = true) {
        self.keeps = keeps
    }

    func connectionOpened(_ connection: Connection) {
        connections += 1
        require(
            open[connection.id] == nil && !closed.contains(connection.id), "connection \(connection.id) began twice")
        require(!connection.authority.isEmpty && !connection.client.isEmpty, "connection \(connection.id) has no ends")
        open[connection.id] = Followed()
    }

    func record(_ events: [ExchangeEvent], of connection: ConnectionID, bytes: Span<UInt8>, at now: Instant) {
        guard var followed = open.removeValue(forKey: connection) else {
            return require(false, "connection \(connection) is used and not open")
        }
        for event in events { check(event, connection, bytes.count, &followed) }
        open[connection] = followed
    }

    func connectionClosed(_ end: ConnectionEnd) {
        let followed = open.removeValue(forKey: end.id)
        require(followed != nil, "connection \(end.id) is closed and not open")
        require(followed?.open.isEmpty != false, "connection \(end.id) is closed with open exchanges")
        // Notes of reassembly and those of the protocol are bounded apart.
        require(
            followed?.anomalies.values.allSatisfy { $0 <= 32 } != false,
            "connection \(end.id) has anomalies without bound")
        if keeps { closed.insert(end.id) }
    }

    func gap(_ gap: Gap) { require(!gap.reason.isEmpty, "a gap without a reason") }
    func tick(at now: Instant) {}

    /// To be asked when the capture is over.
    func finish() { require(open.isEmpty, "\(open.count) connections have no end") }

    private func check(_ event: ExchangeEvent, _ connection: ConnectionID, _ octets: Int, _ state: inout Followed) {
        switch event {
        case .requestReceived(let number, _, let head, _):
            require(number > state.last, "exchange \(number) follows exchange \(state.last)")
            state.last = max(state.last, number)
            state.open.insert(number)
            if keeps { heads["\(connection)/\(number)"] = ("\(head.method) \(head.url)", 0, 0) }
        case .interimReceived(let number, _):
            require(state.open.contains(number), "an interim response outside its exchange")
        case .responseReceived(let number, let head, _):
            require(state.open.contains(number), "a response outside its exchange")
            require(state.answered.insert(number).inserted, "a second response")
            heads["\(connection)/\(number)"]?.status = head.status
        case .bodyReceived(let number, let side, let range):
            require(state.open.contains(number), "content outside its exchange")
            require(
                range.lowerBound >= 0 && range.upperBound <= octets && !range.isEmpty, "a range outside its octets")
            if side == .server { heads["\(connection)/\(number)"]?.octets += range.count }
        case .trailersReceived(let number, _, _), .messageEnded(let number, _):
            require(state.open.contains(number), "the end of a message outside its exchange")
        case .exchangeEnded(let number, let error):
            exchanges += 1
            require(state.open.remove(number) != nil, "an exchange that ends twice, or never began")
            state.answered.remove(number)
            if let head = heads.removeValue(forKey: "\(connection)/\(number)"), error == nil {
                lines.append("\(head.request) \(head.status) \(head.octets)")
            }
        case .anomalyFound(let anomaly):
            require(anomaly.connection == connection, "an anomaly of another connection")
            require(anomaly.raw.count <= 4_096, "raw octets without bound")
            require(anomaly.exchange.map { $0 <= state.last } ?? true, "an anomaly of an exchange that is none")
            state.anomalies[anomaly.code, default: 0] += 1
            if keeps { codes[anomaly.code, default: []].insert(connection) }
        case .becameOpaque: return
        }
    }

    func require(_ holds: Bool, _ sentence: @autoclosure () -> String) {
        if !holds, violations.count < 10 { violations.append(sentence()) }
    }
}
