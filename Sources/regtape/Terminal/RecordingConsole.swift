import Diagnosis
import Registry
import Report
import Synchronization
import TapeModel

/// What a recording says while it runs: a line for each exchange with its meaning, and figures and a verdict at the end.
///
/// All of it redacted.
final class RecordingConsole: Sendable {
    private struct State {
        var decoder = TraceDecoder()
        var exchanges = 0
        var failures = 0
        var octets: Int64 = 0
        var hasStopped = false
    }

    private let state = Mutex(State())

    var observer: Wiring.Observer {
        Wiring.Observer(
            onExchange: { [self] exchange in show(exchange) },
            onConnection: { [self] connection in show(connection) },
            onStop: { [self] sentence in stopped(sentence) })
    }

    /// Whether the tape lacks what passed since the disk failed.
    var hasStopped: Bool { state.withLock { $0.hasStopped } }

    /// The closing lines.
    ///
    /// Gives the report that the verdict comes from; nothing where the tape holds nothing to judge.
    @discardableResult
    func summarise(tape: String) -> TraceReport? {
        let (exchanges, failures, octets, hasStopped) = state.withLock {
            ($0.exchanges, $0.failures, $0.octets, $0.hasStopped)
        }
        var text = "\(exchanges) exchange\(exchanges == 1 ? "" : "s"), \(ByteCount.text(octets)) of content"
        if failures > 0 { text += ", \(failures) failed" }
        Terminal.say(text)
        // A tape that cannot be read again has been told of already; its recording is not undone by that.
        let report = exchanges + failures > 0 ? try? TraceAnalysis.report(path: tape, isLatestOnly: true) : nil
        if let report { tell(report, tape: tape) }
        Terminal.say(hasStopped ? "\(tape) is incomplete, see above" : "tape: \(tape)")
        return report
    }

    private func tell(_ report: TraceReport, tape: String) {
        Terminal.say(report.verdict.sentence)
        let worst = report.findings.filter { $0.severity > .note }
        for step in (worst.first?.advice ?? "").split(separator: "\n") { Terminal.say("  " + step) }
        if worst.count > 1 {
            let others = worst.count == 2 ? "one more finding" : "\(worst.count - 1) more findings"
            Terminal.say("and \(others); see: regtape report \(tape)")
        } else if worst.count == 1 {
            Terminal.say("the whole of it: regtape report \(tape)")
        }
    }

    private func show(_ exchange: Exchange) {
        let line = state.withLock { state in
            state.exchanges += 1
            state.octets += exchange.request.body.length + (exchange.response?.body.length ?? 0)
            if exchange.error != nil { state.failures += 1 }
            // A line names the operation; reading each manifest for it would cost more than to record it.
            var bare = exchange
            bare.request.body.text = nil
            bare.response?.body.text = nil
            let events = state.decoder.handle(.exchange(bare), seq: exchange.seq, contents: TraceDecoder.Contents())
            for case .exchange(let decoded) in events { return ExchangeLine.text(decoded) }
            return "\(exchange.seq) \(exchange.request.head.method) \(exchange.request.head.url)"
        }
        Terminal.write(InertText.of(line) + "\n", to: 2)
    }

    private func show(_ connection: Connection) {
        state.withLock { state in
            _ = state.decoder.handle(.connection(connection), seq: 0, contents: TraceDecoder.Contents())
            if connection.failure != nil { state.failures += 1 }
        }
        guard let failure = connection.failure else { return }
        Terminal.say("connection to \(connection.authority) failed (\(failure.party.rawValue)): \(failure.detail)")
    }

    private func stopped(_ sentence: String) {
        state.withLock { $0.hasStopped = true }
        Terminal.say(sentence)
    }
}
