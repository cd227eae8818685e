import Crypto
import Glibc
import Registry
package import Replay
import TapeModel
import TapeStore

/// A tape as it is read for a replay: its index, and what is wrong with it.
///
/// A damaged tape is named and not refused. What is lost of it is a miss; content that is not what it was is never
/// served.
package struct ReplayTape {
    package private(set) var index: ReplayIndex
    /// SHA-256 of every body file that the tape names, in order.
    package private(set) var files: [String] = []
    /// One sentence each.
    package private(set) var damage: [String] = []
    private var known: Set<String> = []

    /// `progress` is told, record by record, how many octets of how many have been read.
    /// - Throws: `TapeError` where the tape cannot be read at all, or has no record.
    package init(
        directory: String, matching: ReplayIndex.Matching, progress: (_ reached: Int64, _ octets: Int64) -> Void
    ) throws {
        index = ReplayIndex(matching: matching)
        let reader = try TapeReader(directory: directory)
        var records = 0
        while let entry = try reader.next() {
            progress(entry.offset, reader.length)
            guard var record = entry.record else {
                damage.append("line \(entry.lineNumber) is damaged; its exchange is not replayed")
                continue
            }
            records += 1
            if !entry.sumMatches { damage.append("line \(entry.lineNumber) was edited") }
            var contents = TraceDecoder.Contents()
            if case .exchange(var exchange) = record {
                check(&exchange, entry.lineNumber)
                contents = self.contents(of: exchange, reader)
                record = .exchange(exchange)
            }
            index.add(record, seq: entry.seq, contents: contents)
        }
        loseMissingFiles(TapeBodies(directory: directory))
        if reader.isTailCut { damage.append("the last line is incomplete, as after a crash, and is not replayed") }
        guard records > 0 else {
            throw TapeError(.unreadable, "\(directory) holds no record of a tape")
        }
    }

    /// What cannot be served is not promised either: a request for it is a miss.
    private mutating func loseMissingFiles(_ bodies: TapeBodies) {
        for sha256 in files {
            guard let path = bodies.path(forSHA256: sha256), access(path, R_OK) != 0 else { continue }
            index.lose(bodyFile: sha256)
            damage.append("the body sha256:\(sha256) is missing; what needs it is not replayed")
        }
    }

    /// An edited text that is not what its digest says is not on the tape any more.
    private mutating func check(_ exchange: inout Exchange, _ line: Int) {
        check(&exchange.request.body, line)
        if var response = exchange.response {
            check(&response.body, line)
            exchange.response = response
        }
    }

    private mutating func check(_ body: inout Body, _ line: Int) {
        guard let sha256 = body.sha256 else { return }
        guard let text = body.text else {
            if known.insert(sha256).inserted { files.append(sha256) }
            return
        }
        guard Hexadecimal.encode(SHA256.hash(data: Array(text.utf8))) != sha256 else { return }
        damage.append("line \(line): the text of a body is not what its digest says; it is not replayed")
        body.text = nil
        body.sha256 = nil
        body.stored = Body.Storage.none
    }

    /// Content that is coded says nothing to the index, and its octets must not be taken for text.
    private func contents(of exchange: Exchange, _ reader: TapeReader) -> TraceDecoder.Contents {
        let wanted = index.wanted(for: exchange)
        func octets(_ isWanted: Bool, _ body: Body, _ fields: [FieldLine]) -> [UInt8]? {
            guard isWanted, body.text == nil, let sha256 = body.sha256, body.length <= Self.longestDocument,
                body.isDecoded || fields.first("content-encoding") == nil,
                let octets = reader.body(forSHA256: sha256, limit: Self.longestDocument),
                Hexadecimal.encode(SHA256.hash(data: octets)) == sha256
            else { return nil }
            return octets
        }
        return TraceDecoder.Contents(
            request: octets(wanted.request, exchange.request.body, exchange.request.head.fields),
            response: exchange.response.flatMap { octets(wanted.response, $0.body, $0.head.fields) })
    }

    /// The distribution specification's 4 MiB for a manifest.
    private static let longestDocument: Int64 = 4 << 20
}
