import Registry
import TapeModel

/// Layers are pulled one after another.
///
/// ## What it means
/// The line has room, but a single layer moves at a time: the client is limited to that
/// (`max-concurrent-downloads`), or each waits for something.
///
/// ## How to fix it
/// Allow more at once: `{"max-concurrent-downloads": 6}` in `/etc/docker/daemon.json`, then restart the daemon.
enum LayersOneByOne: Rule {
    static let name = "layers-one-by-one"
    static let severity = Severity.note
    static let party = Party.client
    static let symptoms = ["G27"]

    static func check(_ summary: TraceSummary, in window: TraceWindow) -> [Finding] {
        summary.workflows.filter { $0.kind == .pull && $0.outcome == .succeeded }.compactMap { workflow in
            let layers = summary.layers.filter {
                $0.workflow == workflow.number && !$0.wasSkipped && $0.bytes > 1_000_000
            }
            guard layers.count >= 4, layers.allSatisfy({ $0.parallelism < 0.1 }),
                workflow.ended.microseconds(since: workflow.started) > 10_000_000
            else { return nil }
            return finding(
                "The \(layers.count) layers of \(workflow.repository?.quotable(120) ?? "the image") were pulled one after another, in "
                    + "\(workflow.ended.microseconds(since: workflow.started) / 1_000_000) s.",
                advice:
                    "Allow more at once, for Docker in /etc/docker/daemon.json: `{\"max-concurrent-downloads\": 6}`; then restart the daemon.",
                evidence: layers.prefix(6).map { Evidence($0.seq, "timing") }, subject: "\(workflow.number)")
        }
    }
}
