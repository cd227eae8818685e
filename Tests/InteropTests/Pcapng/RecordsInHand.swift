import Foundation
import Interop
import TapeModel
import TestSupport

/// The records of a small trace, in memory, as something that can be exported.
struct RecordsInHand: ExportContent {
    var records: [(seq: Int64, record: TapeRecord)] = []
    /// Body files by digest.
    var files: [String: [UInt8]] = [:]

    init(_ records: [TapeRecord], files: [String: [UInt8]] = [:]) {
        self.records = records.enumerated().map { index, record in
            guard case .exchange(let exchange) = record, exchange.seq > 0 else { return (Int64(index + 1), record) }
            return (exchange.seq, record)
        }
        self.files = files
    }

    /// A tape of `fixtures/tapes`.
    init(tape name: String) throws {
        let directory = RepositoryRoot.path("fixtures/tapes/" + name)
        let text = try Data(contentsOf: URL(filePath: directory + "/tape.jsonl"))
        for line in text.split(separator: 0x0A) {
            let decoded = try TapeLine(decoding: Array(line))
            records.append((decoded.seq, decoded.record))
        }
        let bodies = directory + "/bodies/sha256"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: bodies)) ?? [] {
            files[name] = Array(try Data(contentsOf: URL(filePath: bodies + "/" + name)))
        }
    }

    var exchanges: [Exchange] {
        records.compactMap { entry in
            guard case .exchange(var exchange) = entry.record else { return nil }
            exchange.seq = entry.seq
            return exchange
        }
    }

    func exchange(at place: Int64) -> Exchange? {
        guard case .exchange(let exchange) = records[Int(place)].record else { return nil }
        return exchange
    }

    func length(ofBody sha256: String) -> Int64? { files[sha256].map { Int64($0.count) } }

    func octets(ofBody sha256: String, at offset: Int64, count: Int) -> [UInt8] {
        Array(files[sha256, default: []].dropFirst(Int(offset)).prefix(count))
    }

    /// The file that is made of it, and what was lost.
    func exported() throws -> (octets: [UInt8], losses: ExportLosses) {
        var plan = ExportPlan()
        for (place, entry) in records.enumerated() { plan.note(entry.record, seq: entry.seq, place: Int64(place)) }
        var export = PcapngExport(plan, name: "test.tape", tool: "regtape/test")
        var octets: [UInt8] = []
        try export.write(from: self) { octets += $0 }
        return (octets, export.losses)
    }
}
