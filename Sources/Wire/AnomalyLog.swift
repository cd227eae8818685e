import TapeModel

/// Makes anomalies of one connection, and bounds them: a peer that sends nothing but oddities must not fill a disk.
struct AnomalyLog: Sendable {
    /// As many of one code as show a pattern.
    private static let mostOfOneCode = 16

    private let connection: ConnectionID
    /// Bounded, because codes are words of this target.
    private var counts: [String: Int] = [:]

    init(connection: ConnectionID) { self.connection = connection }

    mutating func note(
        _ code: String, _ detail: String, raw: [UInt8] = [], exchange: Int? = nil, side: Side, at now: Instant,
        _ events: inout [ExchangeEvent]
    ) {
        let count = counts[code, default: 0] + 1
        guard count <= Self.mostOfOneCode else { return }
        counts[code] = count
        let suffix = count == Self.mostOfOneCode ? " No more of these are noted on this connection." : ""
        events.append(
            .anomalyFound(
                Anomaly(
                    connection: connection, exchange: exchange, side: side, seen: now, code: code,
                    detail: detail + suffix, raw: raw)))
    }
}
