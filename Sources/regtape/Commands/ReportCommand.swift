import ArgumentParser
import Diagnosis
import Glibc
import Report

/// `regtape report`: what went wrong in a trace, whose doing it was, and what proves it.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Say what went wrong in a trace, whose doing it was, and what to do.",
        discussion: """
            The verdict comes first, then findings with their evidence, then workflows, hosts, layers, tokens, redirects \
            and TLS. --format html writes one page that opens offline; --fail-on makes it a check: exit status 1.
            """)

    @Argument(help: "The trace: the directory of a tape or its tape.jsonl, a packet capture, or a log of curl -v.")
    var tape: String

    @Option(help: "The form of the report.")
    var format: FormatChoice = .text

    @Option(
        help: ArgumentHelp("Write to this file, whole or not at all, instead of to standard output.", valueName: "file")
    )
    var output: String?

    @Option(help: "Exit with 1 where a finding is at least this bad.")
    var failOn: SeverityChoice?

    @OptionGroup var traceOptions: TraceOptions

    func run() throws {
        let trace = try OpenTrace(path: tape, keyLog: traceOptions.keylog)
        defer { trace.close() }
        let report = try TraceAnalysis.report(trace)
        var options = ReportFormat.Options()
        if let failOn { options.failOn = failOn.meant }
        if let output, output != "-" {
            try OutputFile.write(format.meant.render(report, options: options), to: output)
            Terminal.say(report.verdict.sentence)
            Terminal.say("report: \(output)")
        } else {
            options.isColoured = TerminalStyle.wantsColour(STDOUT_FILENO)
            options.width = TerminalStyle.width(STDOUT_FILENO) ?? options.width
            Terminal.write(format.meant.render(report, options: options), to: STDOUT_FILENO)
        }
        if let failOn, report.hasFinding(atLeast: failOn.meant) { throw ExitCode(ExitStatus.negative) }
    }
}

/// `--format`, as typed.
enum FormatChoice: String, ExpressibleByArgument, CaseIterable {
    case text, html, markdown, json, sarif, junit

    var meant: ReportFormat {
        switch self {
        case .text: .text
        case .html: .html
        case .markdown: .markdown
        case .json: .json
        case .sarif: .sarif
        case .junit: .junit
        }
    }
}

/// `--fail-on`, as typed.
enum SeverityChoice: String, ExpressibleByArgument, CaseIterable {
    case note, warning, error

    var meant: Severity {
        switch self {
        case .note: .note
        case .warning: .warning
        case .error: .error
        }
    }
}

/// What the terminal is like, if it is one.
enum TerminalStyle {
    /// No colours for a file or pipe, for a dumb terminal, and for whoever set `NO_COLOR`.
    static func wantsColour(_ descriptor: Int32) -> Bool {
        isatty(descriptor) == 1 && StateDirectory.variable("NO_COLOR") == nil
            && StateDirectory.variable("TERM") != "dumb"
    }

    /// Columns; nothing where it is no terminal or does not say.
    static func width(_ descriptor: Int32) -> Int? {
        var size = winsize()
        guard isatty(descriptor) == 1, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return nil
        }
        return Int(size.ws_col)
    }
}
