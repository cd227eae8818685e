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
            note(record)
            if isLatestOnly, case .tape = record { decoder = TraceDecoder() }
            try onRecord(record, entry.seq)
            for event in decoder.handle(record, seq: entry.seq, contents: contents(of: record, decoder, reader)) {
                try handle(event)
            }
        }
        notes.isTailCut = reader.isTailCut
        notes.remarks += losses.remarks
        guard records > 0 else {
            throw ExitStatus.Failure(ExitStatus.unreadable, "\(name) holds no record of a tape")
        }
        for event in decoder.finish() { try handle(event) }
        return decoder.summary
    }

    private mutating func note(_ record: TapeRecord) {
        if isLatestOnly, case .tape = record { losses = CaptureLosses() }
        losses.note(record)
        notes.isEnded = false
        switch record {
        case .end: notes.isEnded = true
        // A tape that once held secrets holds them still.
        case .tape(let header) where notes.redactionPolicy != "none": notes.redactionPolicy = header.redactionPolicy
        default: break
        }
    }

    /// The bodies beside the tape that the decoder asks for; those within a line it has already.
    private mutating func contents(
        of record: TapeRecord, _ decoder: TraceDecoder, _ reader: TapeReader
    ) -> TraceDecoder.Contents {
        guard case .exchange(let exchange) = record else { return TraceDecoder.Contents() }
        let bodies = [exchange.request.body, exchange.response?.body ?? .empty]
        guard bodies.contains(where: { $0.text == nil && $0.sha256 != nil }) else { return TraceDecoder.Contents() }
        let wanted = decoder.wanted(for: exchange)
        return TraceDecoder.Contents(
            request: wanted.request ? octets(of: exchange.request.body, exchange.request.head.fields, reader) : nil,
            response: wanted.response
                ? exchange.response.flatMap { octets(of: $0.body, $0.head.fields, reader) } : nil)
    }

    /// Content that is coded in a way we cannot undo says nothing; its octets must not be taken for text.
    private mutating func octets(of body: Body, _ fields: [FieldLine], _ reader: TapeReader) -> [UInt8]? {
        guard body.text == nil, let sha256 = body.sha256, body.length <= Self.bodyLimit else { return nil }
        guard let octets = reader.body(forSHA256: sha256, limit: Self.bodyLimit) else {
            notes.missingBodies += 1
            return nil
        }
        guard !body.isDecoded else { return octets }
        return try? ContentInflater.inflate(
            octets, codings: fields.values(of: "content-encoding").flatMap(ContentInflater.codings),
            limits: ContentInflater.Limits(length: Int(Self.bodyLimit)))
    }

    /// A log is text that a person printed; it is read as a whole.
    private static let transcriptLimit = 64 << 20
    /// Manifests and token answers end far below (distribution-spec: 4 MiB for a manifest).
    private static let bodyLimit: Int64 = 4 * 1024 * 1024
}
