import ArgumentParser
import Glibc
import Listener
import NIOCore
import Proxy
import TapeModel

/// `regtape record`: the proxy, until it is told to stop.
struct RecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Record what passes through a proxy, by default on 127.0.0.1:8888.",
        discussion:
            "Set HTTPS_PROXY and HTTP_PROXY of the client to the address, and let it trust the file of `regtape ca path`."
    )

    @Option(help: ArgumentHelp("Address and port to listen on; port 0 takes a free one.", valueName: "addr"))
    var listen = "127.0.0.1:8888"

    @Option(help: ArgumentHelp("Stand in front of this registry instead of being a proxy.", valueName: "url"))
    var reverse: String?

    @Option(
        help: ArgumentHelp(
            "Let clients of this network in, besides those of this machine; may be repeated.", valueName: "cidr"))
    var allow: [String] = []

    @Option(help: ArgumentHelp("Ask clients for one of the user:password lines of this file.", valueName: "file"))
    var proxyAuth: String?

    @OptionGroup var options: RecordingOptions

    mutating func run() async throws {
        let (host, port) = try ListenAddress.parse(listen)
        var settings = try options.settings()
        settings.allowed = try ListenAddress.networks(allow)
        settings.credentials = try proxyAuth.map(Self.credentials)
        settings.reverse = try reverse.map(Self.target)
        try ListenAddress.check(host, settings)

        let directory = options.tapeDirectory()
        let console = RecordingConsole()
        let signals = StopSignals()
        options.warn(tape: directory)
        let wiring = try await Wiring.start(
            options.setup(), settings: settings, host: host, port: port, tapeDirectory: directory,
            observer: console.observer)
        Terminal.say("listening on \(wiring.address.ipAddress ?? host):\(wiring.address.port ?? port)")
        Terminal.say("recording to \(directory)")
        if settings.reverse == nil { Terminal.say("clients must trust \(wiring.authority.certificatePath)") }

        await signals.wait()
        await wiring.stop(reason: "stopped")
        console.summarise(tape: directory)
        // Whoever waits for the tape must not take it for whole.
        if console.hasStopped { throw ExitCode(ExitStatus.environment) }
    }

    private static func credentials(_ path: String) throws -> ProxyCredentials {
        guard let text = SmallFile.read(path) else {
            throw ExitStatus.Failure(
                ExitStatus.unreadable, "cannot read --proxy-auth \(path): \(String(cString: strerror(errno)))")
        }
        guard let credentials = ProxyCredentials(fileContent: text) else {
            throw ExitStatus.Failure(ExitStatus.unreadable, "\(path) names no user; write one user:password a line")
        }
        return credentials
    }

    private static func target(_ url: String) throws -> ReverseTarget {
        guard let target = ReverseTarget(url: url) else {
            throw ExitStatus.Failure(
                ExitStatus.usage, "--reverse \(url) is not the URL of a registry; write https://registry.example")
        }
        guard HostLookup.exists(target.authority.host) else {
            throw ExitStatus.Failure(
                ExitStatus.environment,
                "the host \(target.authority.host) of --reverse is unknown; check the name, or the network's DNS")
        }
        return target
    }
}
