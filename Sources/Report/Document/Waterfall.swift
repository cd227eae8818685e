import Registry
import TapeModel

/// The exchanges of a workflow over time.
struct Waterfall: Sendable {
    enum Phase: String, Sendable, CaseIterable {
        /// Name look-up, connection and TLS handshake.
        case connect
        /// Request sent, until the first octet of the answer.
        case wait
        case receive

        var words: String {
            switch self {
            case .connect: "connecting"
            case .wait: "waiting"
            case .receive: "receiving"
            }
        }
    }

    struct Span: Sendable, Hashable {
        var phase: Phase
        /// Microseconds.
        var length: Int64
    }

    struct Bar: Sendable {
        var seq: Int64
        var label: String
        var host: String
        /// `200`, or `---` where there was no answer.
        var status: String
        var hasFailed: Bool
        /// Microseconds from the waterfall's left edge.
        var start: Int64
        var spans: [Span]
        var bytes: Int64

        var length: Int64 { spans.reduce(0) { $0 &+ $1.length } }
    }

    var title: String
    /// Who, how much, how it ended.
    var subtitle: String
    var outcome: TraceSummary.Workflow.Outcome
    var bars: [Bar]
    /// Bars that were left out.
    var more: Int
    /// Microseconds from the left to the right edge; never zero.
    var duration: Int64

    init(_ workflow: TraceSummary.Workflow, layers: [TraceSummary.Layer]) {
        title = InertText.line(WorkflowWords.title(workflow), limit: 200)
        outcome = workflow.outcome
        more = workflow.moreSteps
        var facts = [workflow.outcome.rawValue]
        let client = workflow.client.map { [$0.name, $0.version].compactMap(\.self).joined(separator: " ") }
        if let client { facts.append(InertText.line(client, limit: 60)) }
        facts.append(Quantity.duration(workflow.ended.microseconds(since: workflow.started)))
        let exchanges = Quantity.count(workflow.exchanges, "exchange")
        facts.append(workflow.failedExchanges > 0 ? "\(exchanges), \(workflow.failedExchanges) failed" : exchanges)
        let own = layers.filter { $0.workflow == workflow.number }
        if !own.isEmpty { facts.append(Quantity.count(own.count, "layer")) }
        facts.append(Quantity.bytes(workflow.bytes))
        subtitle = facts.joined(separator: " · ")

        // The bar of the exchange that opened a connection begins before the exchange does.
        let placed = workflow.steps.map { ($0, Self.beginning($0)) }
        let left = placed.map(\.1).min() ?? workflow.started.microseconds
        bars = placed.map { step, start in
            Bar(
                seq: step.seq, label: InertText.line(step.label, limit: 100),
                host: InertText.line(step.host, limit: 80),
                status: step.status.map(String.init) ?? "---", hasFailed: step.hasFailed,
                start: Instant(microseconds: start).microseconds(since: Instant(microseconds: left)),
                spans: Self.spans(step.timing), bytes: step.bytes)
        }
        duration = max(1, bars.map { $0.start &+ $0.length }.max() ?? 1)
    }

    private static func beginning(_ step: TraceSummary.Step) -> Int64 {
        let opening = connecting(step.timing)
        let (start, overflow) = step.started.microseconds.subtractingReportingOverflow(opening)
        return overflow ? step.started.microseconds : start
    }

    private static func spans(_ timing: Timing) -> [Span] {
        [
            Span(phase: .connect, length: connecting(timing)),
            Span(phase: .wait, length: bounded(bounded(timing.send) + bounded(timing.wait))),
            Span(phase: .receive, length: bounded(timing.receive)),
        ].filter { $0.length > 0 }
    }

    private static func connecting(_ timing: Timing) -> Int64 {
        bounded(bounded(timing.dns) + bounded(timing.connect) + bounded(timing.tls))
    }

    /// A tape may claim any number; a year is longer than any exchange, and sums of it do not overflow.
    private static func bounded(_ length: Int64) -> Int64 { min(max(0, length), 31_557_600_000_000) }
}
