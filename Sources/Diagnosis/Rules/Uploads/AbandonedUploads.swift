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
        // Asked once, at the last of them.
        guard window.firstLater(than: exchange, at: [.uploadStart], where: { $0.status == 202 }) == nil else {
            return nil
        }
        var open = window.before.filter { start in
            start.operation.endpoint == .uploadStart && start.status == 202 && start.host == exchange.host
        }
        open.append(exchange)
        guard open.count >= least else { return nil }
        var ended: Set<Int64> = []
        for other in window.around
        where other.operation.endpoint == .uploadPut || other.operation.endpoint == .uploadCancel {
            if let start = other.upload?.startedBy { ended.insert(start) }
        }
        open.removeAll { ended.contains($0.seq) }
        guard open.count >= least else { return nil }
        return finding(
            "\(open.count) uploads to \(exchange.host.authority) were begun and never ended.",
            advice: "Look for what ends the pushes early; the registry frees the room when it purges uploads.",
            evidence: open.prefix(6).map { Evidence($0.seq, "response.location") }, subject: exchange.host.authority)
    }
}
