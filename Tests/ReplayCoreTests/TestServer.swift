import Foundation
import Registry
import Replay
import TapeModel
import TestSupport

/// What the server does around the machine, without a socket: it keeps octets, hashes them, and joins bodies.
struct TestServer {
    struct Answer {
        var status: Int
        var fields: [FieldLine]
        var body: [UInt8]
        var origin: ReplayAnswer.Origin
        var delivery: Delivery
        func callAsFunction(_ name: String) -> String? { fields.first(name) }
        var text: String { String(decoding: body, as: UTF8.self) }
        var json: JSONValue? { try? JSONValue(parsing: body) }
    }

    private(set) var machine: ReplayMachine
    private(set) var uploads: [UploadID: (octets: [UInt8], hash: SHA256)] = [:]
    private(set) var stored: [String: [UInt8]] = [:]
    /// What a later run would be given, in the order in which it was told.
    private(set) var changes: [LiveChange] = []
    private let directory: String?
    var now = Instant(microseconds: 1_900_000_000_000_000)

    init(index: ReplayIndex, directory: String? = nil, _ change: (inout ReplayMachine.Options) -> Void = { _ in }) {
        var options = ReplayMachine.Options()
        change(&options)
        machine = ReplayMachine(index: index, options: options)
        self.directory = directory
    }

    /// Another run over the same tape that is given what this one wrote down and kept.
    func restarted(index: ReplayIndex, changes: [LiveChange]? = nil) -> TestServer {
        var server = TestServer(index: index, directory: directory) { options in
            options = machine.options
            options.history = LiveHistory(changes: changes ?? self.changes, kept: Set(stored.keys))
        }
        server.stored = stored
        server.changes = self.changes
        return server
    }

    mutating func reset() {
        machine.reset()
        uploads = [:]
        stored = [:]
    }

    /// One request from beginning to end.
    mutating func ask(
        _ method: String, _ url: String, _ fields: [FieldLine] = [], body: [UInt8] = []
    ) -> Answer {
        switch machine.answer(ReplayRequest(method: method, url: url, fields: fields), at: now) {
        case .answer(let answer): return deliver(answer)
        case .needsBody(let sink, let pending): return finish(sink, pending, body)
        }
    }

    /// The head alone; the body follows with `finish`.
    mutating func begin(_ method: String, _ url: String, _ fields: [FieldLine] = []) -> ReplayDecision {
        machine.answer(ReplayRequest(method: method, url: url, fields: fields), at: now)
    }

    mutating func finish(_ sink: BodySink, _ pending: PendingRequest, _ body: [UInt8], breaks: Bool = false) -> Answer {
        let received: ReceivedBody
        switch sink {
        case .upload(let id, let offset, _):
            var upload = uploads[id] ?? ([], SHA256())
            let wasDiscarded = uploads[id] == nil && offset > 0
            precondition(
                upload.octets.count == Int(offset) || wasDiscarded, "machine and server agree about the offset")
            upload.octets += body
            upload.hash.update(body)
            uploads[id] = upload
            received =
                breaks
                ? .broken(length: Int64(body.count)) : .upload(length: Int64(body.count), sha256: upload.hash.hex)
        case .memory(let limit):
            received = body.count > limit ? .tooLong : .memory(body, sha256: SHA256.hex(body))
        }
        return deliver(machine.finished(pending, received, at: now), manifest: body)
    }

    mutating func deliver(_ answer: ReplayAnswer, manifest: [UInt8] = []) -> Answer {
        for effect in answer.effects {
            switch effect {
            case .keep(let id, let sha256): stored[sha256] = uploads.removeValue(forKey: id)?.octets
            case .keepManifest(let sha256): stored[sha256] = manifest
            case .discard(let id): uploads[id] = nil
            case .record(let change): changes.append(change)
            }
        }
        var body: [UInt8] = []
        for piece in answer.body {
            switch piece {
            case .octets(let octets): body += octets
            case .stored(let piece): body += octets(piece)
            }
        }
        return Answer(
            status: answer.status, fields: answer.fields(rewriting: { $0 }), body: body, origin: answer.origin,
            delivery: answer.delivery)
    }

    private func octets(_ piece: StoredPiece) -> [UInt8] {
        var octets = stored[piece.sha256]
        if octets == nil, let directory {
            octets = (try? Data(contentsOf: URL(filePath: "\(directory)/bodies/sha256/\(piece.sha256)"))).map(
                Array.init)
        }
        let rest = (octets ?? []).dropFirst(Int(piece.offset))
        return Array(piece.length.map { rest.prefix(Int($0)) } ?? rest)
    }
}

/// A tape of the repository's fixtures.
struct FixtureTape {
    let directory: String
    var exchanges: [Exchange] = []
    var index: ReplayIndex

    init(_ name: String, matching: ReplayIndex.Matching = .meaning) throws {
        directory = RepositoryRoot.path("fixtures/tapes/" + name)
        index = ReplayIndex(matching: matching)
        for line in try String(contentsOfFile: directory + "/tape.jsonl", encoding: .utf8).split(separator: "\n") {
            let line = try TapeLine(decoding: Array(line.utf8))
            var contents = TraceDecoder.Contents()
            if case .exchange(var exchange) = line.record {
                exchange.seq = line.seq
                exchanges.append(exchange)
                if index.wanted(for: exchange).response, let digest = exchange.response?.body.sha256 {
                    contents.response = try Self.stored(directory, digest)
                }
            }
            index.add(line.record, seq: line.seq, contents: contents)
        }
    }

    func octets(of body: Body) throws -> [UInt8] {
        if let text = body.text { return Array(text.utf8) }
        guard body.length > 0, let sha256 = body.sha256 else { return [] }
        return try Self.stored(directory, sha256)
    }

    private static func stored(_ directory: String, _ sha256: String) throws -> [UInt8] {
        try Array(Data(contentsOf: URL(filePath: "\(directory)/bodies/sha256/\(sha256)")))
    }
}
