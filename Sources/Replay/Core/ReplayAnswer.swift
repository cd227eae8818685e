public import TapeModel

/// What the client is answered, ready but for the octets of stored bodies and the names of hosts.
public struct ReplayAnswer: Sendable, Hashable {
    /// Where an answer comes from.
    public enum Origin: Sendable, Hashable {
        /// The exchange with this number.
        case recorded(Int64)
        /// What the tape's content implies.
        case implied
        /// The state of this run: what was pushed or deleted.
        case live
        /// A challenge in place of an answer that was recorded with credentials.
        case challenge
        case miss(NearMiss)
        case fault
    }

    /// An answer before the answer, such as 103.
    public struct Interim: Sendable, Hashable {
        public var status: Int
        public var fields: [AnswerField]
    }

    /// In order; for clients that can take them.
    public var interim: [Interim] = []
    /// What comes behind the body, for clients that can take it.
    public var trailers: [AnswerField] = []
    /// Zero where `delivery.ending` says that nothing is answered.
    public var status: Int
    public var fields: [AnswerField]
    /// In order, one behind the other; none for HEAD, 204 and 304.
    public var body: [BodyPiece]
    public var origin: Origin
    public var delivery: Delivery
    /// What the server has to do with the octets that it received, before it answers.
    public var effects: [ReplayEffect]

    public init(
        status: Int, fields: [AnswerField] = [], body: [BodyPiece] = [], origin: Origin,
        delivery: Delivery = Delivery(), effects: [ReplayEffect] = []
    ) {
        self.status = status
        self.fields = fields
        self.body = body
        self.origin = origin
        self.delivery = delivery
        self.effects = effects
    }

    /// The header section, each absolute URL in it replaced by what `rewrite` makes of it.
    public func fields(rewriting rewrite: (String) -> String) -> [FieldLine] {
        fields.map { $0.line(rewriting: rewrite) }
    }

    /// Octets of the body; nothing where only the file knows.
    public var length: Int64? {
        var sum: Int64 = 0
        for piece in body {
            guard let length = piece.length else { return nil }
            sum = sum.addingReportingOverflow(length).partialValue
        }
        return sum
    }

    /// First value of the field called `name`, with the tape's own hosts.
    public func first(_ name: String) -> String? { fields(rewriting: { $0 }).first(name) }
}

/// One line of a header section in which absolute URLs are told apart, so that a server can put itself in their place.
public struct AnswerField: Sendable, Hashable {
    public enum Part: Sendable, Hashable {
        case text(String)
        /// Absolute, with a host of the tape: a `Location`, the target of a `Link`, the realm of a challenge.
        case url(String)
    }

    public var name: String
    public var parts: [Part]

    public init(_ name: String, _ value: String) {
        self.name = name
        parts = [.text(value)]
    }

    public init(_ name: String, parts: [Part]) {
        self.name = name
        self.parts = parts
    }

    /// The line, each absolute URL in it replaced by what `rewrite` makes of it.
    public func line(rewriting rewrite: (String) -> String) -> FieldLine {
        FieldLine(
            name,
            parts.reduce(into: "") { text, part in
                switch part {
                case .text(let plain): text += plain
                case .url(let url): text += rewrite(url)
                }
            })
    }
}

/// A stretch of a body.
public enum BodyPiece: Sendable, Hashable {
    case octets([UInt8])
    /// Octets of a stored body, from the tape or pushed in this run.
    case stored(StoredPiece)

    /// Nothing where only the file knows.
    public var length: Int64? {
        switch self {
        case .octets(let octets): Int64(octets.count)
        case .stored(let piece): piece.length
        }
    }
}

/// A range of a stored body.
///
/// The name is 64 hexadecimal digits in lower case always, so that it is safe as a file's name.
public struct StoredPiece: Sendable, Hashable {
    public var sha256: String
    public var offset: Int64
    /// Nothing for all there is from `offset`: the length of a redacted file is not on the tape.
    public var length: Int64?

    public init(sha256: String, offset: Int64 = 0, length: Int64? = nil) {
        self.sha256 = sha256
        self.offset = offset
        self.length = length
    }
}

/// How an answer is sent, beyond its content.
public struct Delivery: Sendable, Hashable {
    public enum Ending: Sendable, Hashable {
        case complete
        /// The connection is closed behind the last octet of `body` that is sent, although more was announced.
        case cut
        /// The connection is reset before any octet of the answer.
        case reset
        /// No octet is ever sent, and the connection stays open.
        case silence
    }

    /// Microseconds before the first octet.
    public var delay: Int64 = 0
    /// Octets of the body per second; nothing for no limit.
    public var bandwidth: Int64?
    /// How many octets of the body are sent before the connection is closed.
    public var cutAfter: Int64?
    /// Which octet of the body is sent with its lowest bit turned.
    public var flippedOctet: Int64?
    public var ending = Ending.complete

    public init() {}
}

/// What the server does with the octets of an upload.
public enum ReplayEffect: Sendable, Hashable {
    /// What the upload received is the stored body with this SHA-256 from now on.
    case keep(UploadID, sha256: String)
    /// A whole manifest that was received is the stored body with this SHA-256 from now on.
    case keepManifest(sha256: String)
    /// What the upload received is forgotten, and so is what a request under way still sends to it.
    ///
    /// Comes once more when that request is over; a server that has nothing of the upload has nothing to do.
    case discard(UploadID)
    /// The change outlives the run, where anything does: it is written down when its content is, and then the client is
    /// told.
    case record(LiveChange)
}

/// Number of an upload within a run.
public typealias UploadID = Int
