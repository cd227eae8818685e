import Diagnosis
import Registry
import TapeModel

/// One sentence about a whole trace that can stand alone: what happened, and whether anything is wrong.
public struct Verdict: Sendable, Hashable {
    public enum Standing: String, Sendable, Hashable {
        case good
        /// Nothing failed for good, but something wants looking after.
        case warning
        case failed
        /// The trace ends before what it shows does.
        case incomplete
        case empty
    }

    public var standing: Standing
    public var sentence: String

    init(findings: [Finding], summary: TraceSummary) {
        if let worst = findings.first, worst.severity > .note {
            standing = worst.severity == .error ? .failed : .warning
            sentence = "\(standing == .failed ? "Failed" : "Warning"): \(worst.title)"
            return
        }
        let telling = summary.workflows.max { Self.weight($0) < Self.weight($1) }
        let remark =
            findings.isEmpty ? "nothing to report" : "\(Quantity.count(findings.count, "note")), nothing that failed"
        guard let telling else {
            if summary.exchanges == 0 {
                standing = .empty
                sentence = "Empty: the trace holds no exchange."
            } else {
                standing = .good
                let hosts = summary.hosts.first.map { " with \($0.profile.authority)" } ?? ""
                let others =
                    summary.hosts.count > 1 ? " and \(Quantity.count(summary.hosts.count - 1, "host")) more" : ""
                sentence = "Good: \(Quantity.count(summary.exchanges, "exchange"))\(hosts)\(others); \(remark)."
            }
            return
        }
        let more = summary.workflows.count + (summary.omitted["workflows"] ?? 0) - 1
        let others = more > 0 ? ", and \(Quantity.count(more, "workflow")) more" : ""
        let deed = WorkflowWords.deed(telling, layers: summary.layers)
        switch telling.outcome {
        case .succeeded:
            standing = .good
            sentence = "Good: \(deed)\(others); \(remark)."
        case .incomplete:
            standing = .incomplete
            sentence = "Unfinished: \(deed)\(others); the trace ends before it does; \(remark)."
        case .failed:
            standing = .failed
            sentence = "Failed: \(deed)\(others); no rule explains why, so look at the exchanges that failed."
        }
    }

    /// A failure tells more than a success, a pull or push more than a login, and much of it more than little.
    private static func weight(_ workflow: TraceSummary.Workflow) -> (Int, Int, Int64) {
        let outcome =
            switch workflow.outcome {
            case .succeeded: 0
            case .incomplete: 1
            case .failed: 2
            }
        let kind =
            switch workflow.kind {
            case .pull, .push: 2
            case .discover, .manage: 1
            case .login, .unknown: 0
            }
        return (outcome, kind, workflow.bytes)
    }
}
