public import TapeModel

/// Decodes a tape record by record: what each exchange means, and how it belongs to those before it.
///
/// A value with bounded tables: tokens, redirects, challenges and uploads of the recent past. Records come in the order
/// of the tape, which is the order in which exchanges ended.
public struct TraceDecoder: Sendable {
    public enum Event: Sendable {
        /// In a box of its own: it has some forty counted references, which every copy of an event would count again.
        indirect case exchange(DecodedExchange)
        case connection(DecodedConnection)
        /// An oddity that belongs to no exchange.
        case anomaly(Anomaly)
        case gap(Gap)
    }

    /// Contents that the shell read for one exchange, after content decoding; nothing where they are not at hand.
    public struct Contents: Sendable {
        public var request: [UInt8]?
        public var response: [UInt8]?

        public init(request: [UInt8]? = nil, response: [UInt8]? = nil) {
            self.request = request
            self.response = response
        }
    }

    /// Which contents the meaning of an exchange depends on, so that the shell reads no layer.
    public struct Wanted: Sendable, Hashable {
        public var request: Bool
        public var response: Bool

        public init(request: Bool, response: Bool) {
            self.request = request
            self.response = response
        }
    }

    var connections = ConnectionTable()
    var hosts = HostTable()
    var realms = RealmTable()
    var tokens = TokenTable()
    var challenges = ChallengeTable()
    var redirects = RedirectTable()
    var uploads = UploadTable()
    var readings = ReadingCache()
    var summaries = SummaryBuilder()

    public init() {}

    /// Asked before `handle`: whether contents that are not inline should be read, at most 4 MiB of each.
    public func wanted(for exchange: Exchange) -> Wanted {
        let hasRequest = Self.isElsewhere(exchange.request.body)
        let hasResponse = (exchange.response?.body).map(Self.isElsewhere) ?? false
        guard hasRequest || hasResponse else { return Wanted(request: false, response: false) }
        let url = Self.url(of: exchange.request.head)
        let client = clientKey(exchange)
        let followed = redirects.source(of: url, client: client, started: exchange.started)
        let operation = self.operation(exchange, url, followed)
        return Wanted(
            request: hasRequest && ContentNeeds.request(operation),
            response: hasResponse && (exchange.response.map { ContentNeeds.response(operation, $0.head) } ?? false))
    }

    public mutating func handle(_ record: TapeRecord, seq: Int64, contents: Contents) -> [Event] {
        switch record {
        case .exchange(let exchange):
            return [.exchange(decode(exchange, seq: seq, contents))]
        case .connection(let connection):
            return begin(connection, seq: seq)
        case .connectionEnd(let end):
            return self.end(end)
        case .anomaly(let anomaly):
            summaries.count(anomaly)
            return connections.hold(anomaly) ? [] : [.anomaly(anomaly)]
        case .gap(let gap):
            summaries.add(gap)
            return [.gap(gap)]
        case .tape, .end, .unknown:
            return []
        }
    }

    /// The tape is over: connections that never ended are told now.
    public mutating func finish() -> [Event] {
        let open = connections.entries.values.sorted { $0.seq < $1.seq }
        connections = ConnectionTable()
        return open.flatMap { told($0, nil) }
    }

    /// What the trace was about, for as much as has been handled.
    public var summary: TraceSummary { summaries.summary(hosts) }

    // MARK: Connections

    private mutating func begin(_ connection: Connection, seq: Int64) -> [Event] {
        let authority = Self.authority(of: connection)
        let host = Self.host(of: authority)
        summaries.count(connection)
        hosts.update(authority, host: host) { entry in
            entry.connections += 1
            if connection.failure != nil { entry.failures += 1 }
            entry.tls = connection.serverTLS ?? entry.tls
            entry.certificate = connection.certificates.first ?? entry.certificate
        }
        connections.begin(connection, seq: seq, authority: authority)
        // A connection that failed may yet carry the request that our own answer went to; it is told at once all the
        // same, because its failure is what matters.
        guard connection.failure != nil else { return [] }
        return [.connection(told(connection, nil, seq: seq, exchanges: 0))]
    }

    private mutating func end(_ end: ConnectionEnd) -> [Event] {
        guard let entry = connections.end(end.id) else { return [] }
        if let packets = end.packets, let record = entry.record {
            let authority = Self.authority(of: record)
            hosts.update(authority, host: Self.host(of: authority)) { host in
                host.packets = (host.packets ?? PacketCounts()) + packets
            }
        }
        return told(entry, end)
    }

    private func told(_ entry: ConnectionTable.Entry, _ end: ConnectionEnd?) -> [Event] {
        var events = entry.anomalies.map { Event.anomaly($0) }
        if let record = entry.record, record.failure == nil {
            events.append(.connection(told(record, end, seq: entry.seq, exchanges: entry.exchanges)))
        }
        return events
    }

    private func told(_ connection: Connection, _ end: ConnectionEnd?, seq: Int64, exchanges: Int) -> DecodedConnection
    {
        let authority = Self.authority(of: connection)
        return DecodedConnection(
            seq: seq, connection: connection, end: end,
            host: hosts.profile(authority, host: Self.host(of: authority)), exchanges: exchanges)
    }

    /// `host:port` as the client named it, without the port that the scheme implies.
    private static func authority(of connection: Connection) -> String {
        let isClear = connection.mode == .plain || connection.mode == .passive && connection.serverTLS == nil
        guard let url = TargetURL((isClear ? "http://" : "https://") + connection.authority) else {
            return connection.authority.lowercasedASCII
        }
        // The scheme of a reverse or passive connection shows in its handshake only.
        if connection.serverTLS == nil, url.port == 80 || url.port == 443 { return url.host }
        return url.authority
    }

    private static func host(of authority: String) -> String { TargetURL("https://" + authority)?.host ?? authority }

    private static func isElsewhere(_ body: Body) -> Bool {
        body.length > 0 && body.text == nil && (body.stored == .file || body.stored == .partial)
    }
}
