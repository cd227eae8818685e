import Diagnosis
import Registry
import Report
import Synchronization
import TapeModel

/// What a recording says while it runs: a line for each exchange with its meaning, and figures and a verdict at the end.
///
/// All of it redacted. Each line costs more than to record what it tells of, so a busy recording says only some of them.
final class RecordingConsole: Sendable {
    private struct State {
        var decoder = TraceDecoder()
        var budget = LineBudget()
        var exchanges = 0
        var failures = 0
        var octets: Int64 = 0
        var hasStopped = false
    }

    private let state = Mutex(State())
    private let analysis: LiveAnalysis?
    private let carriesTraffic: Bool

    /// `carriesTraffic` is whether clients depend on this program, and want to know that they go on where recording cannot.
    ///
    /// With `analysis` the verdict is reached while recording, which takes a processor that traffic might need; without it
    /// the tape is read again at the end.
    init(carriesTraffic: Bool = true, analysis: LiveAnalysis? = nil) {
        self.carriesTraffic = carriesTraffic
        self.analysis = analysis
    }

    var observer: Wiring.Observer {
        Wiring.Observer(
            onExchange: { [self] exchange in show(exchange) },
            onConnection: { [self] connection in show(connection) },
            onStop: { [self] sentence in stopped(sentence) },
            onRecord: analysis?.observer)
    }

    /// Whether the tape lacks what passed since the disk failed.
    var hasStopped: Bool { state.withLock { $0.hasStopped } }

    /// The closing lines.
    ///
    /// Gives the report that the verdict comes from; nothing where the tape holds nothing to judge.
    @discardableResult
    func summarise(tape: String) -> TraceReport? {
        let (exchanges, failures, octets, hasStopped, leftOut) = state.withLock {
            ($0.exchanges, $0.failures, $0.octets, $0.hasStopped, $0.budget.finish())
        }
        Terminal.write(Self.text(leftOut: leftOut), to: 2)
        var text = "\(exchanges) exchange\(exchanges == 1 ? "" : "s"), \(ByteCount.text(octets)) of content"
        if failures > 0 { text += ", \(failures) failed" }
        Terminal.say(text)
        // A tape that cannot be read again has been told of already; its recording is not undone by that.
        let report = exchanges + failures > 0 ? self.report(tape) : nil
        if let report { tell(report, tape: tape) }
        Terminal.say(hasStopped ? "\(tape) is incomplete, see above" : "tape: \(tape)")
        return report
    }

    private func report(_ tape: String) -> TraceReport? {
        if let analysis { return analysis.report() }
        return try? TraceAnalysis.report(path: tape, isLatestOnly: true)
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
        let text = state.withLock { state in
            state.exchanges += 1
            state.octets += exchange.request.body.length + (exchange.response?.body.length ?? 0)
            if exchange.error != nil { state.failures += 1 }
            let ended = exchange.started.microseconds.addingReportingOverflow(exchange.timing.duration).partialValue
            let decision = state.budget.decide(
                at: Instant(microseconds: ended), isNeeded: !Self.isOrdinary(exchange))
            let leftOut = Self.text(leftOut: decision.leftOut)
            // What is left out is not decoded either: it teaches nothing that a later line needs, because challenges,
            // redirects and uploads are never left out.
            guard decision.isShown else { return leftOut }
            return leftOut + InertText.of(Self.line(exchange, &state.decoder)) + "\n"
        }
        Terminal.write(text, to: 2)
    }

    private static func line(_ exchange: Exchange, _ decoder: inout TraceDecoder) -> String {
        // A line names the operation; reading each manifest for it would cost more than to record it.
        var bare = exchange
        bare.request.body.text = nil
        bare.response?.body.text = nil
        let events = decoder.handle(.exchange(bare), seq: exchange.seq, contents: TraceDecoder.Contents())
        for case .exchange(let decoded) in events { return ExchangeLine.text(decoded) }
        return "\(exchange.seq) \(exchange.request.head.method) \(exchange.request.head.url)"
    }

    /// Whether somebody asked for something and got it.
    private static func isOrdinary(_ exchange: Exchange) -> Bool {
        guard exchange.error == nil, let response = exchange.response else { return false }
        let method = exchange.request.head.method
        return (200..<300).contains(response.head.status) && (method == "GET" || method == "HEAD")
    }

    private static func text(leftOut count: Int) -> String {
        count == 0 ? "" : "        and \(count) more that succeeded, on the tape like all\n"
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
        Terminal.say(carriesTraffic ? "\(sentence). Traffic goes on unrecorded." : sentence)
    }
}
