import Registry
import TapeModel

/// Uploads were begun and never ended.
///
/// ## What it means
/// Many POSTs opened sessions for which no PUT followed. The registry keeps what arrived of them until it purges.
///
/// ## How to fix it
/// Look for what breaks the pushes; cancel with DELETE what is not wanted.
enum AbandonedUploads: Rule {
    static let name = "abandoned-uploads"
    static let severity = Severity.note
    static let party = Party.client
    static let interest = Interest.uploads
    static let symptoms = ["F26"]

    /// Fewer happen in any push that is broken off once.
    private static let least = 5

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .uploadStart, exchange.status == 202, window.reachesEnd else { return nil }
        let starts = (window.before + [exchange]).filter { start in
            start.operation.endpoint == .uploadStart && start.status == 202 && start.host == exchange.host
        }
        guard !window.after.contains(where: { $0.operation.endpoint == .uploadStart }), starts.count >= least else {
            return nil
        }
        let others = window.before + [exchange] + window.after
        let open = starts.filter { start in
            !others.contains { other in
                other.upload?.startedBy == start.seq
                    && (other.operation.endpoint == .uploadPut || other.operation.endpoint == .uploadCancel)
            }
        }
        guard open.count >= least else { return nil }
        return finding(
            "\(open.count) uploads to \(exchange.host.authority) were begun and never ended "
                + "(exchanges \(open.prefix(4).map { String($0.seq) }.joined(separator: ", "))…).",
            advice: "Look for what ends the pushes early; the registry frees the room when it purges uploads.",
            evidence: open.prefix(6).map { Evidence($0.seq, "response.location") }, subject: exchange.host.authority)
    }
}
