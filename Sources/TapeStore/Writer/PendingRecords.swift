import TapeModel

/// Records that may not be written yet, because a body that they name is not durable.
///
/// Lines of other exchanges overtake them: nothing in those depends on the body. What ends a connection does not
/// overtake the connection's exchanges. The numbers `seq` are given when a line is written, so they rise all the same.
struct PendingRecords {
    private struct Waiting {
        var exchange: Exchange
        var tickets: Set<DiskThread.Ticket>
    }

    private var exchanges: [Waiting] = []
    private var ends: [ConnectionID: ConnectionEnd] = [:]

    var count: Int { exchanges.count }

    mutating func hold(_ exchange: Exchange, until tickets: Set<DiskThread.Ticket>) {
        exchanges.append(Waiting(exchange: exchange, tickets: tickets))
    }

    /// Holds the end of a connection back where it has exchanges here; false where it may be written now.
    mutating func hold(_ end: ConnectionEnd) -> Bool {
        guard exchanges.contains(where: { $0.exchange.connection == end.id }) else { return false }
        ends[end.id] = end
        return true
    }

    /// The records that may be written now that these tickets are done, in the order in which they came.
    mutating func release(_ tickets: [DiskThread.Ticket]) -> [TapeRecord] {
        guard !tickets.isEmpty, !exchanges.isEmpty else { return [] }
        let done = Set(tickets)
        var due: [TapeRecord] = []
        var waiting: [Waiting] = []
        var freed: [ConnectionID] = []
        for var entry in exchanges {
            entry.tickets.subtract(done)
            guard entry.tickets.isEmpty else {
                waiting.append(entry)
                continue
            }
            due.append(.exchange(entry.exchange))
            if !freed.contains(entry.exchange.connection) { freed.append(entry.exchange.connection) }
        }
        exchanges = waiting
        for connection in freed where !waiting.contains(where: { $0.exchange.connection == connection }) {
            if let end = ends.removeValue(forKey: connection) { due.append(.connectionEnd(end)) }
        }
        return due
    }
}
