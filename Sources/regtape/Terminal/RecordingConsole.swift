import Synchronization
import TapeModel

/// What a recording says while it runs: a line for each exchange, and figures at the end.
///
/// All of it redacted.
final class RecordingConsole: Sendable {
    private struct Totals {
        var exchanges = 0
        var failures = 0
        var octets: Int64 = 0
        var hasStopped = false
    }

    private let totals = Mutex(Totals())

    var observer: Wiring.Observer {
        Wiring.Observer(
            onExchange: { [self] exchange in show(exchange) },
            onConnection: { [self] connection in show(connection) },
            onStop: { [self] sentence in stopped(sentence) })
    }

    /// Whether the tape lacks what passed since the disk failed.
    var hasStopped: Bool { totals.withLock { $0.hasStopped } }

    /// The closing lines.
    func summarise(tape: String) {
        let totals = totals.withLock { $0 }
        var text = "\(totals.exchanges) exchanges, \(ByteCount.text(totals.octets)) of content"
        if totals.failures > 0 { text += ", \(totals.failures) failed" }
        Terminal.say(text)
        Terminal.say(totals.hasStopped ? "\(tape) is incomplete, see above" : "tape: \(tape)")
    }

    private func show(_ exchange: Exchange) {
        totals.withLock { totals in
            totals.exchanges += 1
            totals.octets += exchange.request.body.length + (exchange.response?.body.length ?? 0)
            if exchange.error != nil { totals.failures += 1 }
        }
        Terminal.write(Terminal.inert(ExchangeLine.text(exchange)) + "\n", to: 2)
    }

    private func show(_ connection: Connection) {
        guard let failure = connection.failure else { return }
        totals.withLock { $0.failures += 1 }
        Terminal.say("connection to \(connection.authority) failed (\(failure.party.rawValue)): \(failure.detail)")
    }

    private func stopped(_ sentence: String) {
        totals.withLock { $0.hasStopped = true }
        Terminal.say(sentence)
    }
}
