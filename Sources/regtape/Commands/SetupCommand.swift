import ArgumentParser
import Listener

/// `regtape setup docker --print`: what a client needs, as lines to paste.
///
/// It changes nothing by itself.
struct SetupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup", abstract: "Say what a client needs so that it can be recorded.",
        discussion: "Nothing is changed: the lines are printed, to be read and then pasted into a shell.")

    enum Client: String, ExpressibleByArgument, CaseIterable {
        case docker
    }

    @Argument(help: "The client: docker.")
    var client: Client

    @Flag(name: .customLong("print"), help: "Print the lines to put in place; that is all that setup does.")
    var isPrinting = false

    @Flag(help: "Print how to take everything back.")
    var undo = false

    @Option(help: ArgumentHelp("The registry that is traced, as in the image's name.", valueName: "host[:port]"))
    var registry = "registry.example"

    @Option(help: ArgumentHelp("Where the recorder listens.", valueName: "addr"))
    var listen = "127.0.0.1:8888"

    func run() throws {
        // Pasted into a shell: nothing but what names a host may be in it.
        guard Self.isPlain(registry) else {
            throw ExitStatus.Failure(
                ExitStatus.usage, "--registry \(registry) is no host; write registry.example or registry.example:5000")
        }
        let (host, port) = try ListenAddress.parse(listen)
        let proxy = "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        let certificate = try CertificateAuthority.open(in: StateDirectory.authority(), at: RecordingClock().now())
            .certificatePath
        if !isPrinting { Terminal.say("setup changes nothing by itself; these are the lines to paste:") }
        print(
            undo
                ? DockerSetup.undo(registry: registry)
                : DockerSetup.script(registry: registry, proxy: proxy, certificate: certificate))
    }

    private static func isPlain(_ host: String) -> Bool {
        !host.isEmpty
            && host.utf8.allSatisfy { octet in
                (0x30...0x39).contains(octet) || (0x41...0x5A).contains(octet) || (0x61...0x7A).contains(octet)
                    || Array(".-_:[]".utf8).contains(octet)
            }
    }
}
