import Registry
import TapeModel

/// One answer of the tape, without the octets of its body.
struct RecordedAnswer: Sendable {
    var seq: Int64
    /// Zero where nobody answered.
    var status: Int
    var fields: [FieldLine]
    var body: RecordedBody
    /// Interim answers that came before it.
    var interim: [RecordedInterim] = []
    var trailers: [FieldLine] = []
    /// The moment that the times in the answer are told from: its `Date`, or when it ended.
    var moment: Instant
    var started: Instant
    var wait: Int64
    var receive: Int64
    var ending: Delivery.Ending
    /// How many equal answers followed one another.
    var count = 1

    var isSuccess: Bool { (200..<400).contains(status) }

    func isSame(as other: RecordedAnswer) -> Bool {
        status == other.status && body == other.body && ending == other.ending && fields == other.fields
            && interim == other.interim && trailers == other.trailers
            && !(fields.contains { TimedFields.contains($0.name) })
    }
}

/// An answer before the answer, such as 103 with its links (RFC 8297).
struct RecordedInterim: Sendable, Hashable {
    var status: Int
    var fields: [FieldLine]

    /// Those of an exchange that are worth repeating: 100 and 101 speak of a connection, and no client reads more than
    /// a few (RELIABILITY.md S14).
    static func all(of exchange: Exchange) -> [RecordedInterim] {
        exchange.interim.filter { (102...199).contains($0.status) }.prefix(16).map {
            RecordedInterim(status: $0.status, fields: ConnectionFields.removed(from: $0.fields))
        }
    }
}

/// Where the octets of a recorded body are.
enum RecordedBody: Sendable, Hashable {
    case empty
    /// The length is unknown where redaction changed the content of a file.
    case stored(sha256: String, length: Int64?)
    /// So many octets crossed the wire, and none is on the tape.
    case missing(length: Int64)

    init(_ body: Body) {
        guard body.length > 0 || body.stored != nil else {
            self = .empty
            return
        }
        guard let sha256 = body.sha256, HeaderText.isSHA256(sha256),
            body.stored == .inline || body.stored == .file || body.stored == .partial
        else {
            self = .missing(length: max(0, body.length))
            return
        }
        let length = body.text.map { Int64($0.utf8.count) } ?? (body.isRedacted ? nil : max(0, body.length))
        self = .stored(sha256: sha256, length: length)
    }
}

/// Fields whose values hold times, so that two answers with them are not the same.
enum TimedFields {
    static func contains(_ name: String) -> Bool { names.contains(name.lowercasedASCII) }

    private static let names: Set = ["location", "expires", "set-cookie"]
}

/// Fields that belong to a connection or that the replayer writes itself (RFC 9110 §7.6.1).
enum ConnectionFields {
    /// What is left of recorded fields: neither these, nor those that `Connection` names as its own.
    static func removed(from fields: [FieldLine]) -> [FieldLine] {
        let named = Set(
            fields.values(of: "connection").flatMap { value in
                value.lowercasedASCII.split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }
            })
        return fields.filter { field in
            let name = field.name.lowercasedASCII
            return !names.contains(name) && !named.contains(name)
        }
    }

    private static let names: Set = [
        "connection", "keep-alive", "proxy-connection", "transfer-encoding", "te", "trailer", "upgrade", "date", "age",
        "alt-svc", "strict-transport-security", "http2-settings",
    ]
}
