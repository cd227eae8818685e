/// What one line of a tape says.
public enum TapeRecord: Sendable, Hashable {
    /// Begins each stretch of writing; a tape that was taken up again has several.
    case tape(TapeHeader)
    case connection(Connection)
    case connectionEnd(ConnectionEnd)
    case exchange(Exchange)
    case anomaly(Anomaly)
    /// Something happened that is not on the tape.
    case gap(Gap)
    /// Writing stopped in order; a tape without one was cut off.
    case end(TapeEnd)
    /// A kind of a later version, or one of ours with members that do not fit: kept, never interpreted.
    case unknown(kind: String, JSONValue)

    /// The word in the member `record`.
    public var kind: String {
        switch self {
        case .tape: "tape"
        case .connection: "connection"
        case .connectionEnd: "connection-end"
        case .exchange: "exchange"
        case .anomaly: "anomaly"
        case .gap: "gap"
        case .end: "end"
        case .unknown(let kind, _): kind
        }
    }
}

/// What a tape says of itself.
public struct TapeHeader: Sendable, Hashable {
    /// Version of the line format; a reader refuses a later one.
    public var version: Int
    /// Random, so that two tapes are never taken for one.
    public var id: String
    public var created: Instant
    /// What wrote it, with its version.
    public var tool: String
    /// `standard`, or `none` where secrets were kept.
    public var redactionPolicy: String
    /// Tells whether two stretches of writing used one pseudonym key; says nothing of the key.
    public var redactionKey: String

    public static let currentVersion = 1

    public init(
        version: Int = TapeHeader.currentVersion, id: String, created: Instant, tool: String, redactionPolicy: String,
        redactionKey: String
    ) {
        self.version = version
        self.id = id
        self.created = created
        self.tool = tool
        self.redactionPolicy = redactionPolicy
        self.redactionKey = redactionKey
    }
}

/// A stretch of traffic that was seen and not recorded.
public struct Gap: Sendable, Hashable {
    public var seen: Instant
    public var reason: String

    public init(seen: Instant, reason: String) {
        self.seen = seen
        self.reason = reason
    }
}

/// Why writing stopped.
public struct TapeEnd: Sendable, Hashable {
    public var ended: Instant
    public var reason: String

    public init(ended: Instant, reason: String) {
        self.ended = ended
        self.reason = reason
    }
}
