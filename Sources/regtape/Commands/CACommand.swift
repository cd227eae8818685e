import ArgumentParser
import Listener

/// `regtape ca`: the certificate that clients must trust.
struct CACommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca", abstract: "The CA that clients must trust: where it is, what it is.",
        subcommands: [Path.self, Print.self, Initialise.self])

    struct Path: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the path of the certificate; made when missing.")

        func run() throws { print(try CACommand.open().certificatePath) }
    }

    struct Print: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print the certificate as PEM; made when missing.")

        func run() throws { print(try CACommand.open().certificatePEM, terminator: "") }
    }

    struct Initialise: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "init", abstract: "Make the CA now, if there is none.")

        func run() throws { Terminal.say("the CA is \(try CACommand.open().certificatePath)") }
    }

    private static func open() throws -> CertificateAuthority {
        try CertificateAuthority.open(in: StateDirectory.authority(), at: RecordingClock().now())
    }
}
