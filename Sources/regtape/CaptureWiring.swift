import Capture
import Glibc
import Synchronization
import TapeModel
import TapeStore
import Wire

/// The composition root of `capture`: the only place where a capture file, its decoder and a tape meet.
enum CaptureWiring {
    struct Setup {
        /// A file, or `-`.
        var capture: String
        var filter: String?
        var keyLog: String?
        var tape: String
        var keepsSecrets = false
        /// Whether the tape goes with the process, so that nothing of it need be safe from a loss of power.
        var isTemporary = false
    }

    /// A session's secrets have some 200 octets a line; this is a day of a busy client.
    private static let longestKeyLog = 64 << 20

    /// Reads a capture to its end; what was damaged in it is told, and all before it is on the tape.
    static func read(_ setup: Setup, observer: Wiring.Observer) throws {
        if let damage = try write(setup, observer: observer) {
            throw ExitStatus.Failure(damage.status, "\(damage.sentence); what came before it is on the tape")
        }
    }

    /// Makes a tape of the capture at `path` for whoever reads tapes; gives what was damaged in it.
    /// - Throws: `ExitStatus.Failure` also where there is no room for the tape.
    static func convert(_ path: String, keyLog: String?, to tape: String) throws -> ExitStatus.Failure? {
        let stop = Mutex<String?>(nil)
        let observer = Wiring.Observer(
            onExchange: { _ in }, onConnection: { _ in },
            onStop: { sentence in stop.withLock { $0 = $0 ?? sentence } })
        let setup = Setup(capture: path, keyLog: keyLog, tape: tape, isTemporary: true)
        let damage: ExitStatus.Failure?
        do {
            damage = try write(setup, observer: observer)
        } catch let error as TapeError {
            throw noTape(error.cause, for: path)
        }
        if let sentence = stop.withLock({ $0 }) { throw noTape(sentence, for: path) }
        return damage
    }

    /// Nobody chose this tape, so what is said to those who do is of no use.
    private static func noTape(_ cause: String, for path: String) -> ExitStatus.Failure {
        ExitStatus.Failure(
            ExitStatus.environment,
            "\(path) is read by way of a temporary tape, and that failed: \(cause); set TMPDIR to a place with room")
    }

    private static func write(_ setup: Setup, observer: Wiring.Observer) throws -> ExitStatus.Failure? {
        let keys = try setup.keyLog.map(keyLog)
        let filter = try setup.filter.map { expression throws(CaptureFailure) in try FrameFilter(expression) }
        let file = try CaptureInput(path: setup.capture)
        try refuseOther(file, filter)
        // On one thread, so that the records have the same order, and the report says the same, however often it is read.
        let writer = try Wiring.openTape(
            setup.tape, TapeWriterOptions(tool: ToolVersion.tool, isConcurrent: false),
            keepsSecrets: setup.keepsSecrets, observer: observer, files: LocalFiles(isDurable: !setup.isTemporary),
            now: Self.now())
        var reading = CaptureReading(writer: writer, filter: filter, keys: keys)
        var failure: ExitStatus.Failure?
        do {
            try reading.run(file)
        } catch let error as CaptureFileFailure {
            failure = ExitStatus.Failure(ExitStatus.unreadable, "\(file.name): \(error.description)")
        } catch let error as CaptureFailure {
            // Of a kind of frames that came later; the first kind was tried before there was a tape.
            failure = ExitStatus.Failure(ExitStatus.usage, error.sentence)
        } catch let error as ExitStatus.Failure {
            failure = error
        }
        reading.finish()
        writer.finish(reason: failure?.sentence ?? "the capture is over", at: Self.now())
        return failure
    }

    /// A file that is no capture at all is refused before a tape is made for it, and so is a filter that has no meaning
    /// for its frames.
    private static func refuseOther(_ file: CaptureInput, _ filter: FrameFilter?) throws {
        var probe = CaptureFileReader()
        var link: UInt16?
        do {
            // A pipe may give its first octets one by one.
            while try probe.receive(
                file.beginning.span,
                deliver: { item in
                    if case .frame(let frame) = item { link = link ?? frame.link }
                }) == 0
            {
                guard try file.lookFurther() else { return try probe.finish(unread: file.beginning.count) }
            }
        } catch let error as CaptureFileFailure where error.offset == 0 {
            throw ExitStatus.Failure(ExitStatus.unreadable, "\(file.name): \(error.sentence)")
        } catch {
            // It begins well: what follows is read as far as it goes.
        }
        if let filter, let link { _ = try filter.matches(Span(), link: link, originalLength: 0) }
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

/// One capture on its way to a tape.
private struct CaptureReading: ~Copyable {
    private let writer: TapeWriter
    private let filter: FrameFilter?
    private var reader = CaptureFileReader()
    private var capture = PassiveCapture()
    private var last = Instant(microseconds: 0)
    private var unread: [UInt8] = []

    init(writer: TapeWriter, filter: FrameFilter?, keys: [UInt8]?) {
        self.writer = writer
        self.filter = filter
        // The last line of a log need not have an end.
        if let keys { capture.addSecrets((keys + [0x0A]).span, to: writer) }
    }

    /// - Throws: `CaptureFileFailure` where the file is damaged, `ExitStatus.Failure` where it cannot be read on,
    ///   `CaptureFailure` where the filter has no meaning for a frame.
    mutating func run(_ file: CaptureInput) throws {
        var progress = Progress(of: file.name, octets: file.length, callsPerLook: 1)
        defer { progress.clear() }
        // What is left each time is less than a block, which moves once, when it comes to stand in front.
        // Without a tape to fill there is nothing to read for.
        while writer.isWriting, try file.read(into: &unread) {
            unread.removeFirst(try receive(unread))
            progress.advance(to: file.consumed)
            writer.tick(at: CaptureWiring.now())
        }
        if writer.isWriting { try reader.finish(unread: unread.count) }
    }

    mutating func finish() {
        capture.finish(at: last, to: writer)
    }

    private mutating func receive(_ octets: [UInt8]) throws -> Int {
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
                let content = octets.span.extracting(frame.octets)
                if let filter {
                    let length = frame.originalLength
                    guard try filter.matches(content, link: frame.link, originalLength: length) else { continue }
                }
                capture.receive(
                    content, link: frame.link, originalLength: frame.originalLength, at: frame.time, to: writer)
            case .keyLog(let secrets): capture.addSecrets((secrets + [0x0A]).span, to: writer)
            case .comment: continue
            case .dropped(let packets, let time): capture.dropped(packets: packets, at: time ?? last, to: writer)
            }
        }
        if let failure { throw failure }
        return consumed
    }
}
