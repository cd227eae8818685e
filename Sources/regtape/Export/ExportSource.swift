import Interop
import TapeModel
import TapeStore

/// A trace as an export wants it: once from its beginning to its end, then what it asks for.
struct ExportSource: ExportContent {
    private enum Kind {
        case tape(TapeLookup)
        case transcript([TapeRecord])
    }

    let plan: ExportPlan
    /// What the trace itself lacks, in sentences.
    let remarks: [String]
    private let kind: Kind

    /// Reads the trace once.
    /// - Throws: `TapeError` or `ExitStatus.Failure` where it cannot be read, or holds no record.
    init(_ trace: OpenTrace) throws {
        var plan = ExportPlan()
        var records: [TapeRecord] = []
        var losses = CaptureLosses()
        switch trace.source {
        case .tape(let directory):
            try Self.read(directory, name: trace.name, into: &plan, &losses)
            kind = .tape(try TapeLookup(directory: directory))
        case .transcript:
            var reading = TraceReading(trace)
            _ = try reading.run(
                onRecord: { record, seq in
                    plan.note(record, seq: seq, place: Int64(records.count))
                    records.append(record)
                }, { _ in })
            kind = .transcript(records)
        }
        self.plan = plan
        remarks = trace.remarks + losses.remarks
    }

    private static func read(
        _ directory: String, name: String, into plan: inout ExportPlan, _ losses: inout CaptureLosses
    ) throws {
        let reader = try TapeReader(directory: directory)
        var progress = Progress(of: name, octets: reader.length)
        defer { progress.clear() }
        var records = 0
        while let entry = try reader.next() {
            progress.advance(to: entry.offset)
            guard let record = entry.record else { continue }
            records += 1
            plan.note(record, seq: entry.seq, place: entry.offset)
            losses.note(record)
        }
        guard records > 0 else {
            throw ExitStatus.Failure(ExitStatus.unreadable, "\(name) holds no record of a tape")
        }
    }

    func exchange(at place: Int64) throws -> Exchange? {
        let record: TapeRecord?
        switch kind {
        case .tape(let lookup): record = try lookup.record(at: place)
        case .transcript(let records):
            record = records.indices.contains(Int(place)) ? records[Int(place)] : nil
        }
        guard case .exchange(let exchange) = record else { return nil }
        return exchange
    }

    func length(ofBody sha256: String) -> Int64? {
        guard case .tape(let lookup) = kind else { return nil }
        return lookup.length(ofBody: sha256)
    }

    func octets(ofBody sha256: String, at offset: Int64, count: Int) -> [UInt8] {
        guard case .tape(let lookup) = kind else { return [] }
        return lookup.octets(ofBody: sha256, at: offset, count: count)
    }
}
