import ArgumentParser
import Glibc
import TapeModel
import TapeStore

/// A trace that a command has at hand: a tape, a log, or a packet capture, of which a tape is made for the while.
///
/// Whoever opens it closes it, since a capture's tape goes with it.
struct OpenTrace {
    /// How the person named it.
    let name: String
    let source: TraceSource
    /// What the reader must know of how it was come by, in sentences.
    let remarks: [String]
    private let temporary: TemporaryTape?

    /// - Throws: `ExitStatus.Failure` where it cannot be read, or has no use for the key log.
    init(path: String, keyLog: String?) throws {
        name = path
        guard CaptureInput.isCapture(path) else {
            source = try TraceSource(path: path)
            guard keyLog == nil else {
                throw ExitStatus.Failure(
                    ExitStatus.usage, "--keylog is for packet captures, and \(path) is none: nothing in it is encrypted"
                )
            }
            remarks = []
            temporary = nil
            return
        }
        let place = try TemporaryTape()
        do {
            let damage = try CaptureWiring.convert(path, keyLog: keyLog, to: place.tape)
            remarks =
                ["Read from a packet capture: times are those of its packets."]
                + (damage.map { ["\($0.sentence); what follows is not shown."] } ?? [])
        } catch {
            place.remove()
            throw error
        }
        source = .tape(directory: place.tape)
        temporary = place
    }

    /// The remarks, and what a capture's packets did not show, for those who do not read the records themselves.
    func allRemarks() throws -> [String] {
        guard temporary != nil, case .tape(let directory) = source else { return remarks }
        var losses = CaptureLosses()
        let reader = try TapeReader(directory: directory)
        while let entry = try reader.next() {
            if let record = entry.record { losses.note(record) }
        }
        return remarks + losses.remarks
    }

    /// Takes away what was made for the while.
    func close() { temporary?.remove() }

    /// Signals are another's from now on, who ends the command in order.
    func leaveSignals() { temporary?.leaveSignals() }

    /// The file with a body's octets, where it outlives the command.
    func path(ofBody sha256: String) -> String? {
        guard temporary == nil, case .tape(let directory) = source else { return nil }
        return TapeBodies(directory: directory).path(forSHA256: sha256)
    }
}

/// What the commands are told that read any trace.
struct TraceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("TLS secrets for a packet capture, in the format of SSLKEYLOGFILE.", valueName: "file"))
    var keylog: String?
}
