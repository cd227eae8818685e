import ArgumentParser
import Interop

/// `regtape export`: a trace in the form of another program, with a statement of what that form cannot hold.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a trace in the form of another program.",
        discussion: """
            pcapng is for Wireshark and tshark: plain HTTP over TCP, made from the exchanges with their times and bodies. \
            Servers are shown on port 80, where Wireshark expects HTTP; packet comments name the exchange and the real \
            port. HTTP/2 is shown without TLS, with prior knowledge. What was lost is said on standard error.
            """)

    @Argument(help: "The trace: the directory of a tape, a packet capture, or a log of curl -v.")
    var tape: String

    @Option(help: "The form to write.")
    var format: ExportFormat

    @Option(help: ArgumentHelp("Write to this file, whole or not at all; - is standard output.", valueName: "file"))
    var output: String

    @OptionGroup var traceOptions: TraceOptions

    func run() throws {
        switch format {
        case .pcapng: try packets()
        }
    }

    private func packets() throws {
        let output = try StreamedOutput(path: self.output, apartFrom: tape)
        let trace = try OpenTrace(path: tape, keyLog: traceOptions.keylog)
        defer { trace.close() }
        let source = try ExportSource(trace)
        var export = PcapngExport(source.plan, name: tape, tool: ToolVersion.tool)
        var progress = Progress("writing", of: self.output, octets: source.plan.octets)
        var written: Int64 = 0
        try export.write(from: source) { octets in
            try output.write(octets)
            written += Int64(octets.count)
            progress.advance(to: written)
        }
        progress.clear()
        try output.finish()
        for sentence in source.remarks + export.losses.statement { Terminal.say(sentence) }
        Terminal.say(
            "export: \(self.output), \(export.packets) packets of \(export.losses.exchanges) exchanges on "
                + "\(export.losses.connections) connection\(export.losses.connections == 1 ? "" : "s")")
    }
}

/// `--format`, as typed.
enum ExportFormat: String, ExpressibleByArgument, CaseIterable {
    case pcapng
}
