import TapeModel

/// Connections that have not ended yet.
struct ConnectionTable: Sendable {
    struct Entry: Sendable {
        /// Nothing where exchanges came without a connection record.
        var record: Connection?
        var seq: Int64 = 0
        var address = ""
        /// Where its exchanges went, or where it was to go.
        var authority = ""
        var exchanges = 0
        /// Told on the wire and not yet claimed by an exchange.
        var anomalies: [Anomaly] = []
    }

    /// A proxy serves some hundred connections at once; a tape that never ends any loses the oldest.
    private(set) var entries = BoundedTable<ConnectionID, Entry>(limit: 2_048)
    /// One exchange of a hostile peer may have a thousand.
    private static let mostAnomalies = 64

    subscript(id: ConnectionID) -> Entry? { entries[id] }

    mutating func begin(_ connection: Connection, seq: Int64, authority: String) {
        entries[connection.id] = Entry(
            record: connection, seq: seq, address: ClientKey.address(of: connection.client), authority: authority)
    }

    mutating func end(_ id: ConnectionID) -> Entry? {
        defer { entries[id] = nil }
        return entries[id]
    }

    /// - Returns: whether this exchange is the connection's first sign.
    mutating func count(_ exchange: Exchange, authority: String) -> (isNew: Bool, anomalies: [Anomaly], address: String)
    {
        let isNew = entries[exchange.connection] == nil
        if isNew { entries[exchange.connection] = Entry(authority: authority) }
        let told = entries.update(exchange.connection) { entry -> ([Anomaly], String) in
            entry.exchanges += 1
            entry.authority = authority
            guard !entry.anomalies.isEmpty else { return ([], entry.address) }
            // In HTTP/1 exchanges end in order; in HTTP/2 their streams are numbered 1, 3, 5, … (RFC 9113 §5.1.1).
            let number = exchange.stream.map { ($0 &+ 1) / 2 } ?? entry.exchanges
            let own = entry.anomalies.filter { $0.exchange == number }
            entry.anomalies.removeAll { $0.exchange == number }
            return (own, entry.address)
        }
        return (isNew, told?.0 ?? [], told?.1 ?? "")
    }

    /// Keeps an anomaly for the exchange that it belongs to.
    /// - Returns: false where there is no room, or nothing to keep it for.
    mutating func hold(_ anomaly: Anomaly) -> Bool {
        guard anomaly.exchange != nil else { return false }
        if entries[anomaly.connection] == nil { entries[anomaly.connection] = Entry() }
        return entries.update(anomaly.connection) { entry in
            guard entry.anomalies.count < Self.mostAnomalies else { return false }
            entry.anomalies.append(anomaly)
            return true
        } ?? false
    }
}
