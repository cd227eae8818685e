import ArgumentParser
import Listener
import NIOCore
import Replay
import ReplayWiring
import TapeModel

/// `regtape replay`: a tape as a registry, until it is told to stop.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Play a tape back as a registry, by default on 127.0.0.1:5000.",
        discussion:
            "With --listen the tape's registry is at that address, as an insecure registry or, with --tls, under a leaf of "
            + "the CA of `regtape ca path`. With --proxy every host of the tape is behind a proxy, for a client that is set "
            + "up as for recording. No connection is ever opened to the outside. GET /_regtape/status tells what was "
            + "matched, missed and not used; POST /_regtape/reset starts over."
    )

    @Argument(help: "The tape: its directory, or a packet capture of which one is made for the while.")
    var tape: String

    @Option(help: ArgumentHelp("Be the tape's registry at this address; port 0 takes a free one.", valueName: "addr"))
    var listen: String?

    @Option(help: ArgumentHelp("Be a proxy to all hosts of the tape at this address.", valueName: "addr"))
    var proxy: String?

    @Option(
        help: ArgumentHelp(
            "Let clients of this network in, besides those of this machine; may be repeated.", valueName: "cidr"))
    var allow: [String] = []

    @Flag(help: "Speak TLS at --listen, with a certificate for whatever name is asked for.")
    var tls = false

    @Flag(help: "Take pushes and deletes that the tape does not have, until the replay ends.")
    var writable = false

    @Option(
        help: ArgumentHelp(
            "Like --writable, and what is pushed and deleted is kept in this directory for the next replay.",
            valueName: "dir"))
    var overlay: String?

    @Flag(help: "Exit with status 1 when anything was asked for that the tape cannot answer.")
    var strict = false

    @Option(help: "What makes two requests the same question: meaning, or exact (the whole URL).")
    var match: MatchingChoice = .meaning

    @Option(
        help: ArgumentHelp(
            "Disturb answers: ACTION[=VALUE][@WHEN] [FILTER], such as 'cut=1M@2 op:blob.get'; may be repeated.",
            valueName: "spec"))
    var fault: [String] = []

    @Option(
        help: ArgumentHelp(
            "Take faults, and timing, clock and seed, from this YAML file; --fault comes first, other options win.",
            valueName: "file"))
    var scenario: String?

    @Option(
        help: ArgumentHelp(
            "Wait as long as was recorded (recorded), a multiple of it, or not (none).",
            valueName: "none|recorded|factor"))
    var timing: String?

    @Option(
        help: ArgumentHelp("The time that it shall be throughout, such as 2026-11-23T10:00:00Z.", valueName: "time"))
    var clock: String?

    @Option(
        help: ArgumentHelp("Whatever is left to chance comes out the same for the same number.", valueName: "number"))
    var seed: UInt64?

    @OptionGroup var traceOptions: TraceOptions

    mutating func run() async throws {
        let trace = try OpenTrace(path: tape, keyLog: traceOptions.keylog)
        defer { trace.close() }
        guard case .tape(let directory) = trace.source else {
            throw ExitStatus.Failure(
                ExitStatus.unreadable, "\(tape) is a log without content; only a tape can be replayed")
        }
        var setup = RunningReplay.Setup(tape: directory, authority: try StateDirectory.authority())
        setup.temporary = StateDirectory.variable("TMPDIR") ?? "/tmp"
        setup.keyLog = StateDirectory.variable("SSLKEYLOGFILE")
        let isDefault = listen == nil && proxy == nil
        setup.origin = try (isDefault ? "127.0.0.1:5000" : listen).map {
            try ListenAddress.parse($0, option: "--listen", defaultPort: 5000)
        }
        setup.proxy = try proxy.map { try ListenAddress.parse($0, option: "--proxy", defaultPort: 8888) }
        setup.allowed = try ListenAddress.networks(allow)
        for (host, _) in [setup.origin, setup.proxy].compactMap(\.self) {
            try ListenAddress.check(host, setup.allowed)
        }
        if tls, setup.origin == nil {
            throw ExitStatus.Failure(
                ExitStatus.usage, "--tls is for --listen; a proxy speaks TLS behind CONNECT anyway")
        }
        setup.isTLS = tls
        setup.overlay = overlay
        setup.matching = match.meant
        setup.options = try options()

        let console = ReplayConsole()
        let signals = StopSignals()
        trace.leaveSignals()
        for remark in try trace.allRemarks() { Terminal.say(remark) }
        let replay = try await console.start(setup, named: tape)
        if let address = replay.originAddress {
            Terminal.say("listening on \(address.ipAddress ?? ""):\(address.port ?? 0)\(tls ? " (TLS)" : "")")
        }
        if let address = replay.proxyAddress {
            let word = replay.originAddress == nil ? "listening" : "proxy listening"
            Terminal.say("\(word) on \(address.ipAddress ?? ""):\(address.port ?? 0)")
        }
        if tls || setup.proxy != nil { Terminal.say("clients must trust \(replay.authority.certificatePath)") }

        await signals.wait()
        await replay.stop()
        let report = replay.report
        console.summarise(report)
        if strict, report.missed > 0 { throw ExitCode(ExitStatus.negative) }
    }

    /// The options of the machine, as meant: what is typed wins over what a file says.
    private func options() throws -> ReplayMachine.Options {
        let scenario = try scenario.map(ScenarioFile.read) ?? ReplayScenario()
        var options = ReplayMachine.Options()
        options.isWritable = writable || overlay != nil
        options.seed = seed ?? scenario.seed ?? 0
        do throws(ReplayScenario.Mistake) {
            options.clock = try clock.map(ReplayScenario.clock) ?? scenario.clock ?? options.clock
            options.timing = (try timing.map(ReplayScenario.pace) ?? scenario.pace)?.factor
        } catch {
            throw ExitStatus.Failure(ExitStatus.usage, "--\(error.sentence)")
        }
        options.faults = try fault.map { text in
            do throws(FaultError) {
                return try FaultRule(parsing: text)
            } catch {
                throw ExitStatus.Failure(ExitStatus.usage, "--fault '\(text)': \(error.description)")
            }
        }
        options.faults += scenario.faults
        return options
    }
}

/// `--match`, as typed.
enum MatchingChoice: String, ExpressibleByArgument, CaseIterable {
    case meaning
    case exact

    var meant: ReplayIndex.Matching { self == .exact ? .exact : .meaning }
}
