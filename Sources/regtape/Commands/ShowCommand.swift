import ArgumentParser
import Diagnosis
import Glibc
import Registry
import Report
import TapeModel

/// `regtape show`: the exchanges of a trace with what they mean, or one of them in full.
struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "List the exchanges of a trace, or print one in full.",
        discussion: """
            A filter picks exchanges: host:*.azurecr.io status:>=400 op:blob.get -method:HEAD finding:*, joined by blanks \
            (and), or, not, brackets. Keys: host, method, status, op, url, path, repo, ref, digest, client, type, version, \
            role, error, party, finding, seq, connection, workflow, sent, size, duration (ms). Numbers: 404, >=400, \
            400..499, 4xx, >1M.
            """)

    @Argument(help: "The trace: the directory of a tape, a packet capture, or a log of curl -v.")
    var tape: String

    @Flag(help: "One JSON object a line.")
    var json = false

    @Option(help: ArgumentHelp("Print this exchange in full.", valueName: "n"))
    var seq: Int64?

    @OptionGroup var traceOptions: TraceOptions

    @Argument(parsing: .allUnrecognized, help: ArgumentHelp("Which exchanges to list.", valueName: "filter"))
    var filter: [String] = []

    func run() throws {
        let filter = try parsedFilter()
        let trace = try OpenTrace(path: tape, keyLog: traceOptions.keylog)
        defer { trace.close() }
        let findings = FindingIndex(try TraceAnalysis.report(trace).findings)
        var reading = TraceReading(trace)
        var isFound = false
        let wanted = seq
        let listing = Listing(trace: trace, isJSON: json)
        _ = try reading.run(
            onRecord: { record, place in
                guard place == wanted, !json else { return }
                isFound = listing.full(record, findings[place]) || isFound
            },
            { event in
                guard let subject = subject(event, findings), wanted == nil || subject.seq == wanted,
                    filter.matches(subject)
                else { return }
                if wanted == nil || json { isFound = listing.line(event, findings[subject.seq]) || isFound }
            })
        tell(reading)
        if let wanted, !isFound {
            throw ExitStatus.Failure(
                ExitStatus.unreadable, "\(tape) has no exchange \(wanted); list them with: regtape show \(tape)")
        }
    }

    private func parsedFilter() throws -> Filter {
        if let option = filter.first(where: { $0.hasPrefix("--") }) {
            throw ExitStatus.Failure(ExitStatus.usage, "there is no option \(option); see: regtape show --help")
        }
        do throws(FilterError) {
            return try Filter(filter.joined(separator: " "))
        } catch {
            throw ExitStatus.Failure(
                ExitStatus.usage, "the filter is not understood at character \(error.offset + 1): \(error.description)")
        }
    }

    /// Connections are listed where they failed before they carried an exchange.
    private func subject(_ event: TraceDecoder.Event, _ findings: FindingIndex) -> FilterSubject? {
        switch event {
        case .exchange(let decoded): FilterSubject(decoded, findings: findings[decoded.seq].map(\.rule))
        case .connection(let decoded) where decoded.connection.failure != nil && decoded.exchanges == 0:
            FilterSubject(decoded, findings: findings[decoded.seq].map(\.rule))
        default: nil
        }
    }

    private func tell(_ reading: TraceReading) {
        if reading.notes.damagedLines > 0 {
            Terminal.say(
                "\(reading.notes.damagedLines) damaged lines were passed over; see: regtape verify \(tape)")
        }
        if reading.notes.isTailCut {
            Terminal.say("the tape ends within a line: it was cut off there, or is still being written")
        }
        if case .tape = reading.source, seq == nil { for remark in reading.notes.remarks { Terminal.say(remark) } }
    }
}

/// Prints what was picked, inert.
private struct Listing {
    let trace: OpenTrace
    let isJSON: Bool

    /// Whether there was something to print.
    func line(_ event: TraceDecoder.Event, _ findings: [Finding]) -> Bool {
        switch event {
        case .exchange(let decoded):
            put(
                isJSON
                    ? ExchangeSummary(decoded, findings: findings).json
                    : ExchangeLine.text(decoded, findings: findings))
            return true
        case .connection(let decoded):
            guard let failure = decoded.connection.failure else { return false }
            put(
                isJSON
                    ? ExchangeSummary(decoded, findings: findings).json
                    : ExchangeLine.text(decoded, failure: failure, findings: findings))
            return true
        case .anomaly, .gap: return false
        }
    }

    /// One record in full, with what was found about it below.
    func full(_ record: TapeRecord, _ findings: [Finding]) -> Bool {
        switch record {
        case .exchange(let exchange):
            put(ExchangeText.full(exchange, bodyPath: { trace.path(ofBody: $0) }), multiline: true)
        case .connection(let connection):
            guard let failure = connection.failure else { return false }
            put(
                "* connection to \(connection.authority) failed (\(failure.party.rawValue), \(failure.code)): \(failure.detail)"
            )
        case .connectionEnd(let end):
            put("* end of connection \(end.id), \(end.ended.timestamp)\n" + ExchangeText.end(end), multiline: true)
        default: return false
        }
        for finding in findings {
            put("* finding \(finding.rule) (\(finding.severity.rawValue), \(finding.party.rawValue)): \(finding.title)")
        }
        return true
    }

    private func put(_ text: String, multiline: Bool = false) {
        let safe =
            multiline
            ? text.split(separator: "\n", omittingEmptySubsequences: false).map { InertText.of(String($0)) }
                .joined(separator: "\n")
            : InertText.of(text)
        Terminal.write(safe + "\n", to: STDOUT_FILENO)
    }
}
