import Glibc
import TapeModel
import TapeStore
import Wire

/// The composition root of `capture`: the only place where a capture file, its decoder and a tape meet.
enum CaptureWiring {
    struct Setup {
        /// A file, or `-`.
        var capture: String
        var keyLog: String?
        var tape: String
        var keepsSecrets = false
    }

    /// Octets that are read at once, and a key log's at most.
    private static let piece = 1 << 20
    private static let longestKeyLog = 64 << 20

    /// Reads a capture to its end; what was damaged in it is told, and all before it is on the tape.
    static func read(_ setup: Setup, observer: Wiring.Observer) throws {
        let keys = try setup.keyLog.map(keyLog)
        let file = try CaptureInput(path: setup.capture)
        let clock = Self.now()
        let writer = try Wiring.openTape(
            setup.tape, TapeWriterOptions(tool: ToolVersion.tool), keepsSecrets: setup.keepsSecrets, observer: observer,
            now: clock)
        var reading = CaptureReading(writer: writer, keys: keys)
        var damage: String?
        do throws(CaptureFileFailure) {
            try reading.run(file, name: setup.capture)
        } catch {
            damage = error.description
        }
        reading.finish()
        writer.finish(reason: damage ?? "the capture is over", at: Self.now())
        if let damage {
            throw ExitStatus.Failure(
                ExitStatus.unreadable, "\(setup.capture): \(damage); what came before it is on the tape")
        }
    }

    private static func keyLog(_ path: String) throws -> [UInt8] {
        guard let text = SmallFile.read(path, limit: longestKeyLog) else {
            throw ExitStatus.Failure(
                ExitStatus.unreadable, "cannot read the key log \(path): \(String(cString: strerror(errno)))")
        }
        return Array(text.utf8)
    }

    static func now() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }
}

/// The octets of a capture, unpacked.
struct CaptureInput {
    private let descriptor: Int32
    /// All of it, where it had to be unpacked.
    private var unpacked: [UInt8]?
    private var offset = 0
    let length: Int64

    /// What is unpacked at most.
    private static let longestUnpacked = 1 << 30

    /// - Throws: `ExitStatus.Failure` where the file cannot be read or unpacked.
    init(path: String) throws {
        descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
            let reason = String(cString: strerror(descriptor < 0 ? errno : EISDIR))
            throw ExitStatus.Failure(ExitStatus.unreadable, "cannot read \(path): \(reason)")
        }
        length = Int64(status.st_size)
        var magic: [UInt8] = [0, 0]
        guard path != "-", pread(descriptor, &magic, 2, 0) == 2, magic == [0x1F, 0x8B] else { return }
        var packed: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while let count = Self.read(descriptor, &chunk), count > 0, packed.count < Self.longestUnpacked {
            packed += chunk.prefix(count)
        }
        do {
            unpacked = try ContentInflater.inflate(
                packed, codings: ["gzip"], limits: ContentInflater.Limits(length: Self.longestUnpacked))
        } catch {
            throw ExitStatus.Failure(
                ExitStatus.unreadable,
                "\(path) cannot be unpacked (\(error.rawValue)); unpack it and give the result, or - for standard input"
            )
        }
    }

    /// Fills `chunk`; how many octets came, none at the end.
    mutating func next(into chunk: inout [UInt8]) -> Int {
        guard let unpacked else { return Self.read(descriptor, &chunk) ?? 0 }
        let count = min(chunk.count, unpacked.count - offset)
        chunk.replaceSubrange(0..<count, with: unpacked[offset..<offset + count])
        offset += count
        return count
    }

    private static func read(_ descriptor: Int32, _ chunk: inout [UInt8]) -> Int? {
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            return count < 0 ? nil : count
        }
    }
}

/// One capture on its way to a tape.
private struct CaptureReading: ~Copyable {
    private let writer: TapeWriter
    private var reader = CaptureFileReader()
    private var capture = PassiveCapture()
    private var last = Instant(microseconds: 0)
    private var unread: [UInt8] = []

    init(writer: TapeWriter, keys: [UInt8]?) {
        self.writer = writer
        if let keys { capture.addSecrets(keys.span, to: writer) }
    }

    mutating func run(_ file: CaptureInput, name: String) throws(CaptureFileFailure) {
        var file = file
        var progress = Progress(of: name, octets: file.length)
        defer { progress.clear() }
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        var done: Int64 = 0
        while true {
            let count = file.next(into: &chunk)
            guard count > 0 else { break }
            unread += chunk.prefix(count)
            let consumed = try receive(unread)
            unread.removeFirst(consumed)
            done += Int64(count)
            progress.advance(to: done)
            writer.tick(at: CaptureWiring.now())
        }
        try reader.finish(unread: unread.count)
    }

    mutating func finish() {
        capture.finish(at: last, to: writer)
    }

    private mutating func receive(_ octets: [UInt8]) throws(CaptureFileFailure) -> Int {
        var items: [CaptureItem] = []
        var consumed = octets.count
        var failure: CaptureFileFailure?
        do throws(CaptureFileFailure) {
            consumed = try reader.receive(octets.span) { items.append($0) }
        } catch {
            // What stands before the damage is good.
            failure = error
        }
        for item in items {
            switch item {
            case .frame(let frame):
                guard frame.octets.lowerBound >= 0, frame.octets.upperBound <= octets.count else { continue }
                last = max(last, frame.time)
                capture.receive(
                    octets.span.extracting(frame.octets), link: frame.link, originalLength: frame.originalLength,
                    at: frame.time, to: writer)
            case .keyLog(let secrets): capture.addSecrets(secrets.span, to: writer)
            case .comment: continue
            case .dropped(let packets, let time): capture.dropped(packets: packets, at: time ?? last, to: writer)
            }
        }
        if let failure { throw failure }
        return consumed
    }
}
