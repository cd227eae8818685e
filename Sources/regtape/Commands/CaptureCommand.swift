import ArgumentParser
import Capture
import TapeModel

/// `regtape capture`: packets instead of a proxy.
///
/// Not asynchronous: it begins on the first thread of the process while there is no other, because capabilities belong
/// to threads and those that capturing needs must not outlive the opening of the device.
struct CaptureCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capture",
        abstract: "Make a tape of packets: of a device until Ctrl-C, or of a capture file.",
        discussion: """
            A device needs CAP_NET_RAW, which is given up as soon as it is open: started by root, regtape then becomes --user, \
            else the one who called sudo, else the owner of the tape's directory. Files are pcap or pcapng, also in gzip or zstd. \
            TLS is opened with the secrets of --keylog, or with those that a pcapng file holds; without them a connection is \
            told with its names, versions, octets and times.
            """
    )

    @Option(
        name: [.customShort("i"), .customLong("interface")],
        help: ArgumentHelp("Capture on this device; any for all of them.", valueName: "device"))
    var interface: String?

    @Option(help: ArgumentHelp("Read this capture; - for standard input.", valueName: "file"))
    var read: String?

    @Option(help: ArgumentHelp("Take only packets that match, in the words of pcap-filter(7).", valueName: "bpf"))
    var filter: String?

    @Option(
        help: ArgumentHelp(
            "TLS secrets in the format of SSLKEYLOGFILE; with -i it is followed while it grows, and may come later.",
            valueName: "file"))
    var keylog: String?

    @Option(help: ArgumentHelp("Directory of the tape; made when missing.", valueName: "dir"))
    var tape: String

    @Option(help: ArgumentHelp("Octets kept of each packet of a device, 262144 at most.", valueName: "octets"))
    var snaplen: Int?

    @Option(help: ArgumentHelp("Room in the kernel for packets that wait to be read (default: 128).", valueName: "MiB"))
    var buffer: Int?

    @Option(help: ArgumentHelp("Become this user once the device is open.", valueName: "name"))
    var user: String?

    @Flag(help: "Keep passwords, tokens and signatures on the tape. It must then be treated as a secret.")
    var keepSecrets = false

    func validate() throws {
        guard (interface == nil) != (read == nil) else {
            throw ValidationError("Give either -i and a device, or --read and a file.")
        }
        guard interface != nil || (snaplen == nil && buffer == nil && user == nil) else {
            throw ValidationError("--snaplen, --buffer and --user are for a device.")
        }
        // Less does not hold the headers that say what a packet is.
        if let snaplen, !(128...CaptureDevice.longestFrame).contains(snaplen) {
            throw ValidationError("--snaplen is between 128 and \(CaptureDevice.longestFrame).")
        }
        if let buffer, !(1...1_024).contains(buffer) {
            throw ValidationError("--buffer is between 1 and 1024.")
        }
    }

    mutating func run() throws {
        if keepSecrets {
            Terminal.say("WARNING: --keep-secrets writes passwords and tokens to \(tape); keep that directory secret")
        }
        // Beside a device the processor belongs to the packets.
        let console = RecordingConsole(carriesTraffic: false, analysis: read == nil ? nil : LiveAnalysis(tape: tape))
        var failure: CaptureFailure?
        if let read {
            try CaptureWiring.read(
                CaptureWiring.Setup(
                    capture: read, filter: filter, keyLog: keylog, tape: tape, keepsSecrets: keepSecrets),
                observer: console.observer)
        } else if let interface {
            failure = try LiveWiring.run(setup(interface), user: user, observer: console.observer)
        }
        console.summarise(tape: tape)
        if let failure { throw failure }
        if console.hasStopped { throw ExitCode(ExitStatus.environment) }
    }

    private func setup(_ interface: String) -> LiveWiring.Setup {
        var device = CaptureDevice.Settings(name: interface)
        device.filter = filter
        if let snaplen { device.snapLength = snaplen }
        if let buffer { device.bufferSize = buffer << 20 }
        return LiveWiring.Setup(device: device, keyLog: keylog, tape: tape, keepsSecrets: keepSecrets)
    }
}
