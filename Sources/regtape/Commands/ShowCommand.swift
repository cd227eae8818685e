import ArgumentParser
import Glibc
import TapeModel
import TapeStore

/// `regtape show`: the exchanges of a tape, or one of them in full.
struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "List the exchanges of a tape, or print one in full.")

    @Argument(help: "The tape.")
    var tape: String

    @Flag(help: "One JSON object a line.")
    var json = false

    @Option(help: ArgumentHelp("Print this exchange in full.", valueName: "n"))
    var seq: Int64?

    func run() throws {
        let reader = try TapeReader(directory: tape)
        var damaged = 0
        var hasFound = false
        while let entry = try reader.next() {
            guard let record = entry.record else {
                damaged += 1
                continue
            }
            guard seq == nil || entry.seq == seq else { continue }
            switch record {
            case .exchange(var exchange):
                exchange.seq = entry.seq
                hasFound = true
                show(exchange, reader)
            case .connection(let connection) where connection.failure != nil:
                hasFound = true
                show(connection, seq: entry.seq)
            default:
                continue
            }
        }
        if damaged > 0 { Terminal.say("\(damaged) damaged lines were passed over; see: regtape verify \(tape)") }
        if reader.isTailCut {
            Terminal.say("the tape ends within a line: it was cut off there, or is still being written")
        }
        if let seq, !hasFound {
            throw ExitStatus.Failure(
                ExitStatus.unreadable, "\(tape) has no exchange \(seq); list them with: regtape show \(tape)")
        }
    }

    private func show(_ exchange: Exchange, _ reader: TapeReader) {
        if json {
            put(ExchangeSummary(exchange).json)
        } else if seq != nil {
            put(ExchangeText.full(exchange, bodyPath: { reader.bodyPath(forSHA256: $0) }), multiline: true)
        } else {
            put(ExchangeLine.text(exchange))
        }
    }

    /// A connection that never carried an exchange is listed as the CONNECT that it was.
    private func show(_ connection: Connection, seq: Int64) {
        if json { return put(ExchangeSummary(connection, seq: seq).json) }
        guard let failure = connection.failure else { return }
        let number = String(seq)
        put(
            String(repeating: " ", count: max(0, 6 - number.utf8.count)) + number
                + "  --- CONNECT \(connection.authority)  [\(failure.party.rawValue): \(failure.code)] \(failure.detail)"
        )
    }

    private func put(_ text: String, multiline: Bool = false) {
        let safe =
            multiline
            ? text.split(separator: "\n", omittingEmptySubsequences: false).map { Terminal.inert(String($0)) }
                .joined(separator: "\n")
            : Terminal.inert(text)
        Terminal.write(safe + "\n", to: STDOUT_FILENO)
    }
}
