import ArgumentParser
import TapeModel

/// `regtape capture`: packets instead of a proxy.
struct CaptureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capture",
        abstract: "Make a tape of a packet capture.",
        discussion:
            "Reads pcap and pcapng, also in gzip or zstd. TLS is opened with the secrets of --keylog, or with those that a pcapng file "
            + "holds; without them a connection is told with its names, versions, octets and times."
    )

    @Option(help: ArgumentHelp("The capture; - for standard input.", valueName: "file"))
    var read: String

    @Option(
        help: ArgumentHelp("TLS secrets in the format of SSLKEYLOGFILE.", valueName: "file"))
    var keylog: String?

    @Option(help: ArgumentHelp("Directory of the tape; made when missing.", valueName: "dir"))
    var tape: String

    @Flag(help: "Keep passwords, tokens and signatures on the tape. It must then be treated as a secret.")
    var keepSecrets = false

    mutating func run() async throws {
        if keepSecrets {
            Terminal.say("WARNING: --keep-secrets writes passwords and tokens to \(tape); keep that directory secret")
        }
        let console = RecordingConsole()
        try CaptureWiring.read(
            CaptureWiring.Setup(capture: read, keyLog: keylog, tape: tape, keepsSecrets: keepSecrets),
            observer: console.observer)
        console.summarise(tape: tape)
        if console.hasStopped { throw ExitCode(ExitStatus.environment) }
    }
}
