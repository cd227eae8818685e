import ArgumentParser

/// Records, decodes and replays what container clients and registries say to each other.
@main
struct Regtape: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "regtape",
        abstract: "An HTTP recording proxy for container registries.",
        version: ToolVersion.current,
        subcommands: [
            RecordCommand.self, RunCommand.self, ReplayCommand.self, ShowCommand.self, ReportCommand.self,
            VerifyCommand.self, ExportCommand.self, CaptureCommand.self,
            CACommand.self, SetupCommand.self, RulesCommand.self, DemoCommand.self,
        ])

    /// On the first thread, where a command begins as well: what can only be done while there is no second one, giving
    /// up capabilities, it does there.
    @MainActor static func main() async {
        ExitStatus.leave(await ExitStatus.of(arguments: Array(ProcessArguments.all.dropFirst())))
    }
}

/// The version that the command prints and that is written into tapes.
enum ToolVersion {
    static let current = "0.1.0"
    static let tool = "regtape/" + current
}
