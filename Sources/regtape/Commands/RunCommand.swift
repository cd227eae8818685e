import ArgumentParser
import Glibc
import NIOCore
import Report
import Synchronization
import TapeModel

/// `regtape run -- COMMAND`: one command, recorded; its exit status is ours.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a command with the proxy and CA variables set, and record what it does.",
        usage: "regtape run [--tape DIR] [--fail-on SEVERITY] -- COMMAND…")

    @OptionGroup var options: RecordingOptions

    @Option(help: "Exit with 1 where the command succeeded and a finding is at least this bad.")
    var failOn: SeverityChoice?

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
    var command: [String] = []

    mutating func run() async throws {
        let words = command.first == "--" ? Array(command.dropFirst()) : command
        guard !words.isEmpty else {
            throw ExitStatus.Failure(ExitStatus.usage, "run needs a command: regtape run -- skopeo inspect docker://…")
        }
        let settings = try options.settings()
        let directory = options.tapeDirectory()
        let console = RecordingConsole()
        let activity = Activity()
        options.warn(tape: directory)
        let wiring = try await Wiring.start(
            options.setup(), settings: settings, host: "127.0.0.1", port: 0, tapeDirectory: directory,
            observer: activity.watching(console.observer))
        let status: Int32
        do {
            let bundle = try TrustBundle.write(authority: wiring.authority)
            let port = wiring.address.port ?? 0
            for notice in ChildEnvironment.notices(hasUpstreamProxy: options.upstreamProxy != nil) {
                Terminal.say(notice)
            }
            status = try await ChildCommand.run(
                words, environment: ChildEnvironment.variables(proxy: "http://127.0.0.1:\(port)", bundle: bundle))
        } catch {
            await wiring.stop(reason: "the command could not be run", patience: .zero)
            throw error
        }
        await wiring.stop(reason: "the command has ended", patience: .seconds(2))
        if !activity.hasHappened { Terminal.say(Self.silence(of: words[0])) }
        let report = console.summarise(tape: directory)
        if status != 0 { throw ExitCode(status) }
        if let failOn, report?.hasFinding(atLeast: failOn.meant) == true { throw ExitCode(ExitStatus.negative) }
    }

    /// Why a command may have sent nothing through the recorder.
    private static func silence(of program: String) -> String {
        let name = program.split(separator: "/").last.map(String.init) ?? program
        if ["docker", "nerdctl", "ctr", "crictl", "kubectl", "minikube"].contains(name) {
            return "nothing was recorded: \(name) may leave its requests to a daemon, which does not have these "
                + "variables; see: regtape setup docker --print, or use: regtape record --reverse URL"
        }
        return
            "nothing was recorded: \(name) made no request, or does not heed HTTPS_PROXY. Programs written in Go never "
            + "use a proxy for localhost and 127.0.0.1: give the registry another name, or use: "
            + "regtape record --reverse URL"
    }
}

/// Whether anything came through the recorder at all.
private final class Activity: Sendable {
    private let count = Atomic(0)

    var hasHappened: Bool { count.load(ordering: .relaxed) > 0 }

    func watching(_ observer: Wiring.Observer) -> Wiring.Observer {
        var watched = observer
        watched.onExchange = { [self] exchange in
            count.add(1, ordering: .relaxed)
            observer.onExchange(exchange)
        }
        watched.onConnection = { [self] connection in
            count.add(1, ordering: .relaxed)
            observer.onConnection(connection)
        }
        return watched
    }
}
