import Foundation
import TapeModel
import TestSupport
import Wire

/// A capture taken apart, so that a test can damage it frame by frame.
struct CapturedFrames: Sendable {
    struct Frame: Sendable {
        var octets: [UInt8]
        var link: UInt16
        var originalLength: Int
        var time: Instant
    }

    /// All of `fixtures/pcaps`.
    static let names: [String] = {
        let entries =
            (try? FileManager.default.contentsOfDirectory(atPath: RepositoryRoot.path("fixtures/pcaps"))) ?? []
        return entries.filter { $0.contains(".pcap") }.sorted()
    }()

    /// The file, unpacked.
    let file: [UInt8]
    var frames: [Frame] = []
    var keys: [UInt8] = []

    init(_ name: String) async throws {
        let path = RepositoryRoot.path("fixtures/pcaps/" + name)
        file =
            name.hasSuffix(".gz")
            ? try await ChildProcess.run(try Program("gzip").required(), ["-dc", path]).output
            : Array(try Data(contentsOf: URL(filePath: path)))
        if name.contains("tls12") {
            keys = Array(try Data(contentsOf: URL(filePath: RepositoryRoot.path("fixtures/pcaps/http1-tls12.keys"))))
        }
        read()
    }

    /// What stands whole in front of the first `count` octets of a file.
    init(prefix file: ArraySlice<UInt8>, keys: [UInt8]) {
        self.file = Array(file)
        self.keys = keys
        read()
    }

    private mutating func read() {
        var reader = CaptureFileReader()
        var items: [CaptureItem] = []
        _ = try? reader.receive(file.span) { items.append($0) }
        for item in items { take(item) }
    }

    private mutating func take(_ item: CaptureItem) {
        switch item {
        case .frame(let frame):
            frames.append(
                Frame(
                    octets: Array(file[frame.octets]), link: frame.link, originalLength: frame.originalLength,
                    time: frame.time))
        case .keyLog(let secrets): keys += secrets
        case .comment, .dropped: return
        }
    }

    /// What a tape is told of it, and what rules that breaks.
    func told(_ limits: ReassemblyLimits = ReassemblyLimits(), keepsLines: Bool = true) -> SinkRules {
        let rules = SinkRules(keeps: keepsLines)
        var capture = PassiveCapture(limits: limits)
        capture.addSecrets(keys.span, to: rules)
        var mostHeld = 0
        for frame in frames {
            capture.receive(
                frame.octets.span, link: frame.link, originalLength: frame.originalLength, at: frame.time, to: rules)
            mostHeld = max(mostHeld, capture.heldOctets)
        }
        capture.finish(at: frames.last?.time ?? Instant(microseconds: 0), to: rules)
        rules.finish()
        // A segment and a record may stand above what is given up for them.
        rules.require(
            mostHeld <= limits.heldInAll + limits.waitingForSecrets + 128 << 10, "\(mostHeld) octets are held")
        rules.require(capture.heldOctets == 0 && capture.openConnections == 0, "something is left behind")
        return rules
    }
}
