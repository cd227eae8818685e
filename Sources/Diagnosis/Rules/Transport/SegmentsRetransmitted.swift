import Registry
import TapeModel

/// Many segments of a connection had to be sent again.
///
/// ## What it means
/// TCP sends again what is not acknowledged in time, and goes slower for a while each time: a line that loses 1 % of its
/// packets carries a fraction of what it could, the more so the farther its ends are apart. Usual causes: Wi-Fi, an
/// overloaded link or VPN, a wrong MTU, a duplex mismatch, a firewall that drops above a rate.
///
/// ## How to fix it
/// Find the hop that loses: measure from both ends, try another network, lower the MTU where a tunnel is on the way.
///
/// ## See also
/// RFC 5681 (what a loss costs), RFC 6298 (when a segment is sent again).
enum SegmentsRetransmitted: Rule {
    static let name = "segments-retransmitted"
    static let severity = Severity.warning
    static let party = Party.network
    static let symptoms: [String] = []

    /// A handful happens on any line.
    private static let least = 10

    static func check(_ connection: DecodedConnection, in window: TraceWindow) -> Finding? {
        guard let packets = connection.end?.packets else { return nil }
        let directions: [(Side, PacketCounts.Direction)] = [(.client, packets.client), (.server, packets.server)]
        let bad = directions.filter { share(of: $0.1) >= 0.01 && $0.1.retransmitted >= least }
        guard let worst = bad.map({ share(of: $0.1) }).max() else { return nil }
        let slowest = exchanges(on: connection, window).max { $0.duration < $1.duration }
        let figures = bad.map { side, counts in
            "\(counts.retransmitted) of \(counts.segments) segments of the \(side.rawValue) (\(percent(share(of: counts))))"
        }
        return finding(
            "On the connection to \(connection.host.authority) packets were lost: \(figures.joined(separator: " and ")) were sent again.",
            detail: slowest.map { "The slowest exchange on it took \($0.duration / 1000) ms: \($0.words)." } ?? "",
            advice: """
                Measure the way by itself: `mtr -rwzc 100 \(connection.host.name)`
                Try with packets that surely fit: `ping -M do -s 1372 \(connection.host.name)`; if only smaller ones pass, lower the MTU.
                Compare from another network; on Wi-Fi or a VPN, without it.
                """,
            evidence: [Evidence(connection.seq, "connection.packets")]
                + (slowest.map { [Evidence($0.seq, "timing")] } ?? []),
            subject: connection.host.authority, severity: worst >= 0.05 ? .warning : .note)
    }

    private static func share(of counts: PacketCounts.Direction) -> Double {
        Double(counts.retransmitted) / Double(max(1, counts.segments))
    }

    private static func percent(_ share: Double) -> String {
        let tenths = Int((min(1, share) * 1000).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
    }

    private static func exchanges(on connection: DecodedConnection, _ window: TraceWindow) -> [(
        seq: Int64, duration: Int64, words: String
    )] {
        window.around.filter { $0.exchange.connection == connection.connection.id }.map {
            ($0.seq, $0.exchange.timing.duration, $0.requestWords)
        }
    }
}
