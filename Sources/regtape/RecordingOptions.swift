import ArgumentParser
import Glibc
import Listener
import Proxy
import TapeStore

/// The options that `record` and `run` share, as typed.
struct RecordingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Directory of the tape; made when missing.", valueName: "dir"))
    var tape: String?

    @Option(
        help: ArgumentHelp(
            "Do not open the TLS of this host (*.example for all below); may be repeated.", valueName: "host"))
    var passthrough: [String] = []

    @Option(
        help: ArgumentHelp(
            "Trust the certificates in this PEM file for origins, besides the system's.", valueName: "pem"))
    var upstreamCa: String?

    @Option(
        help: ArgumentHelp("Reach origins through this proxy: http://[user:password@]host[:port].", valueName: "url"))
    var upstreamProxy: String?

    @Option(
        help: ArgumentHelp(
            "Show that proxy the user:password of this file, which no process list shows.", valueName: "file"))
    var upstreamProxyAuth: String?

    @Flag(help: "Keep passwords, tokens and signatures on the tape. It must then be treated as a secret.")
    var keepSecrets = false

    @Option(help: "When an exchange counts as saved: normal (synchronised each second) or strict (before it is shown).")
    var durability: DurabilityChoice = .normal

    /// The options as meant.
    func settings() throws -> ProxySettings {
        var settings = ProxySettings()
        settings.passthrough = try passthrough.map { try HostPattern($0) }
        settings.upstreamProxy = try UpstreamProxyOptions.proxy(url: upstreamProxy, credentialsFile: upstreamProxyAuth)
        return settings
    }

    func setup() throws -> Wiring.Setup {
        Wiring.Setup(
            upstreamCA: upstreamCa, keepsSecrets: keepSecrets, durability: durability.meant,
            authority: try StateDirectory.authority())
    }

    /// What the person at the terminal must know before anything is recorded.
    func warn(tape directory: String) {
        guard keepSecrets else { return }
        Terminal.say("WARNING: --keep-secrets writes passwords and tokens to \(directory); keep that directory secret")
    }

    /// The directory of the tape: as given, or named for the moment.
    func tapeDirectory() -> String {
        if let tape { return tape }
        var now = time(nil)
        var parts = tm()
        localtime_r(&now, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(parts.tm_year + 1900)\(two(parts.tm_mon + 1))\(two(parts.tm_mday))"
            + "-\(two(parts.tm_hour))\(two(parts.tm_min))\(two(parts.tm_sec)).tape"
    }
}

/// `--durability`, as typed.
enum DurabilityChoice: String, ExpressibleByArgument, CaseIterable {
    case normal
    case strict

    var meant: TapeWriterOptions.Durability { self == .strict ? .strict : .normal }
}
