import Interop
import Registry
import Report
import TapeModel
import TapeStore

/// Reads a trace record by record and decodes it: the one way from a file to meaning, for `report`, `show` and filters.
///
/// One record and the bodies that its meaning depends on are in memory at a time. Nothing is kept, so the same source may
/// be read twice: once for its findings, once more to show them beside the exchanges.
struct TraceReading {
    let source: TraceSource
    /// How the person named it.
    let name: String
    /// Whether what a tape holds of earlier recordings is forgotten where a later one begins.
    let isLatestOnly: Bool
    /// What was wrong with what was read; whole when `run` has returned.
    private(set) var notes = TraceNotes()
    private var losses = CaptureLosses()

    init(_ source: TraceSource, name: String, isLatestOnly: Bool = false) {
        self.source = source
        self.name = name
        self.isLatestOnly = isLatestOnly
    }

    init(_ trace: OpenTrace) {
        self.init(trace.source, name: trace.name)
        notes.remarks = trace.remarks
    }

    /// Decodes all of it, giving each event to `handle` in the order of the trace, and each record to `onRecord` before it.
    /// - Throws: `TapeError` where the tape cannot be read on, `ExitStatus.Failure` where it holds no record at all.
    mutating func run(
        onRecord: (TapeRecord, Int64) throws -> Void = { _, _ in }, _ handle: (TraceDecoder.Event) throws -> Void
    ) throws -> TraceSummary {
        switch source {
        case .tape(let directory): try tape(directory, onRecord, handle)
        case .transcript(let path): try transcript(path, onRecord, handle)
        }
    }

    private mutating func transcript(
        _ path: String, _ onRecord: (TapeRecord, Int64) throws -> Void,
        _ handle: (TraceDecoder.Event) throws -> Void
    ) throws -> TraceSummary {
        guard let text = SmallFile.read(path, limit: Self.transcriptLimit) else {
            throw ExitStatus.Failure(
                ExitStatus.unreadable,
                "cannot read \(name) as a log of curl -v: it cannot be opened, or is larger than 64 MiB")
        }
        let transcript: Transcript
        do throws(TranscriptError) {
            transcript = try Transcript(parsing: text)
        } catch {
            throw ExitStatus.Failure(ExitStatus.unreadable, "\(name) is no log of curl -v: \(error)")
        }
        guard !transcript.entries.isEmpty else {
            throw ExitStatus.Failure(ExitStatus.unreadable, "\(name) holds no exchange")
        }
        notes.remarks.append("Read from a log, not from a tape: it shows no more than was printed.")
        var decoder = TraceDecoder()
        for entry in transcript.entries {
            try onRecord(entry.record, entry.seq)
            for event in decoder.handle(entry.record, seq: entry.seq, contents: TraceDecoder.Contents()) {
                try handle(event)
            }
        }
        for event in decoder.finish() { try handle(event) }
        return decoder.summary
    }

    private mutating func tape(
        _ directory: String, _ onRecord: (TapeRecord, Int64) throws -> Void,
        _ handle: (TraceDecoder.Event) throws -> Void
    ) throws -> TraceSummary {
        let reader = try TapeReader(directory: directory)
        var decoder = TraceDecoder()
        var progress = Progress(of: name, octets: reader.length)
        defer { progress.clear() }
        var records = 0
        var contents = TapeContents()
        notes.hasLineNumbers = true
        while let entry = try reader.next() {
            progress.advance(to: entry.offset)
            guard let record = entry.record else {
                notes.damagedLines += 1
                continue
            }
            records += 1
            if !entry.sumMatches { notes.editedLines += 1 }
            if entry.seq != Int64(entry.lineNumber) { notes.hasLineNumbers = false }
            notes.take(record)
            if isLatestOnly, case .tape = record {
                decoder = TraceDecoder()
                losses = CaptureLosses()
            }
            losses.note(record)
            try onRecord(record, entry.seq)
            let needed = contents.contents(of: record, for: decoder) { reader }
            for event in decoder.handle(record, seq: entry.seq, contents: needed) { try handle(event) }
        }
        notes.isTailCut = reader.isTailCut
        notes.missingBodies = contents.missing
        notes.remarks += losses.remarks
        guard records > 0 else {
            throw ExitStatus.Failure(ExitStatus.unreadable, "\(name) holds no record of a tape")
        }
        for event in decoder.finish() { try handle(event) }
        return decoder.summary
    }

    /// A log is text that a person printed; it is read as a whole.
    private static let transcriptLimit = 64 << 20
}
