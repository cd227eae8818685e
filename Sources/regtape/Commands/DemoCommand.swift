import ArgumentParser
import Glibc
import Listener
import NIOCore
import NIOPosix
import NIOSSL
import Proxy
import Report
import TapeModel
import Wire

/// `regtape demo`: a pull that breaks, recorded through the real proxy and diagnosed, with nothing but this binary.
///
/// Three small servers on loopback play registry, token server and blob storage; a client with a common fault pulls from
/// them. No network, no name service and no state of the user's is touched: the demo has an authority of its own.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "See a broken pull recorded and diagnosed, with nothing but this binary and no network.")

    @Option(help: ArgumentHelp("Directory of the tape; a temporary one when missing.", valueName: "dir"))
    var tape: String?

    mutating func run() async throws {
        let directory = try Self.temporaryDirectory()
        let tape = self.tape ?? directory + "/demo.tape"
        Terminal.say(
            "a client pulls app:1 from \(DemoRegistry.registry), three hosts played by this program; recording to \(tape)"
        )
        let console = RecordingConsole()
        let stage = try await DemoStage.start(directory: directory)
        let outcome: String
        do {
            let wiring = try await Wiring.start(
                Wiring.Setup(upstreamCA: stage.authority.certificatePath, authority: directory + "/ca"),
                settings: stage.settings, host: "127.0.0.1", port: 0, tapeDirectory: tape, observer: console.observer)
            outcome = try await stage.pull(through: wiring.address)
            await wiring.stop(reason: "the demo is over", patience: .seconds(1))
        } catch {
            await stage.stop()
            throw error
        }
        await stage.stop()
        Terminal.say("the client says: \(outcome)")
        let report = try TraceAnalysis.report(path: tape)
        var options = ReportFormat.Options()
        options.isColoured = TerminalStyle.wantsColour(STDOUT_FILENO)
        options.width = TerminalStyle.width(STDOUT_FILENO) ?? options.width
        Terminal.write("\n" + ReportFormat.text.render(report, options: options), to: STDOUT_FILENO)
        Terminal.say("look closer: regtape show \(tape), or: regtape report \(tape) --format html --output demo.html")
    }

    private static func temporaryDirectory() throws -> String {
        let parent = StateDirectory.variable("TMPDIR") ?? "/tmp"
        var template = Array((parent + "/regtape-demo.XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw ExitStatus.Failure(
                ExitStatus.environment,
                "cannot make a directory in \(parent): \(String(cString: strerror(errno))); set TMPDIR to one that you can write"
            )
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// The demo's hosts and its client, set up on one event loop group.
struct DemoStage: Sendable {
    let authority: CertificateAuthority
    let settings: ProxySettings
    private let clock: RecordingClock
    private let group: MultiThreadedEventLoopGroup
    private let origins: [any Channel]

    static func start(directory: String) async throws -> DemoStage {
        let clock = RecordingClock()
        let authority = try CertificateAuthority.open(in: directory + "/ca", at: clock.now())
        let contexts = LeafContexts(authority: authority, keyLog: nil)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var settings = ProxySettings()
        var origins: [any Channel] = []
        let hosts: [(String, @Sendable (RequestLine, [FieldLine]) -> DemoAnswer)] = [
            (DemoRegistry.registry, DemoRegistry.registry), (DemoRegistry.tokens, DemoRegistry.tokenServer),
            (DemoRegistry.blobs, DemoRegistry.storage),
        ]
        for (host, answer) in hosts {
            let channel = try await DemoOrigin.start(
                host, contexts: contexts, clock: clock, group: group, answer: answer)
            settings.addresses["\(host):443"] = channel.localAddress
            origins.append(channel)
        }
        return DemoStage(authority: authority, settings: settings, clock: clock, group: group, origins: origins)
    }

    /// Pulls as a careless script does; gives what the person behind it would read.
    func pull(through proxy: SocketAddress) async throws -> String {
        var configuration = TLSConfiguration.makeClientConfiguration()
        let root = try NIOSSLCertificate(bytes: Array(authority.certificatePEM.utf8), format: .pem)
        configuration.trustRoots = .certificates([root])
        let client = DemoClient(
            proxy: proxy, tls: try NIOSSLContext(configuration: configuration), clock: clock, group: group)
        let registry = "https://" + DemoRegistry.registry
        _ = try await get(client, registry + "/v2/app/manifests/1", nil)
        let token = try await get(
            client, "https://\(DemoRegistry.tokens)/token?service=\(DemoRegistry.registry)&scope=repository:app:pull",
            DemoRegistry.basicCredentials)
        let value = (try? JSONValue(parsing: token.body))?["token"]?.string ?? ""
        _ = try await get(client, registry + "/v2/app/manifests/1", "Bearer " + value)
        let blob = try await get(client, registry + "/v2/app/blobs/" + DemoRegistry.layer, "Bearer " + value)
        guard let location = blob.fields.first("location") else { return "status \(blob.status) for the layer" }
        // The fault: the header that was meant for the registry goes along to the storage.
        let layer = try await get(client, location, "Bearer " + value)
        return "error pulling layer \(DemoRegistry.layer.prefix(19)): unexpected status \(layer.status)"
    }

    func stop() async {
        for origin in origins { try? await origin.close().get() }
        try? await group.shutdownGracefully()
    }

    private func get(_ client: DemoClient, _ url: String, _ authorization: String?) async throws -> DemoClient.Response
    {
        guard let url = DemoURL(url) else { throw ExitStatus.Failure(ExitStatus.environment, "the demo lost its way") }
        return try await client.get(url, authorization: authorization)
    }
}
