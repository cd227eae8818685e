import ArgumentParser
import Glibc
import NIOCore
import TapeModel

/// `regtape run -- COMMAND`: one command, recorded; its exit status is ours.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a command with the proxy and CA variables set, and record what it does.",
        usage: "regtape run [--tape DIR] -- COMMAND…")

    @OptionGroup var options: RecordingOptions

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
        if options.keepSecrets {
            Terminal.say(
                "WARNING: --keep-secrets writes passwords and tokens to \(directory); keep that directory secret")
        }
        let wiring = try await Wiring.start(
            options.setup(), settings: settings, host: "127.0.0.1", port: 0, tapeDirectory: directory,
            observer: console.observer)
        let status: Int32
        do {
            let bundle = try TrustBundle.write(authority: wiring.authority)
            let port = wiring.address.port ?? 0
            status = try await ChildCommand.run(
                words, environment: ChildEnvironment.variables(proxy: "http://127.0.0.1:\(port)", bundle: bundle))
        } catch {
            await wiring.stop(reason: "the command could not be run", patience: .zero)
            throw error
        }
        await wiring.stop(reason: "the command has ended", patience: .seconds(2))
        console.summarise(tape: directory)
        if status != 0 { throw ExitCode(status) }
    }
}
