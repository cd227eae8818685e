/// Something odd on the wire, seen while recording.
///
/// Not an error of ours, and not yet a verdict.
public struct Anomaly: Sendable, Hashable {
    public var connection: ConnectionID
    /// Number of the exchange within its connection, from 1, where the oddity belongs to one.
    public var exchange: Int?
    public var side: Side
    public var seen: Instant
    /// A stable word in kebab case, such as `conflicting-framing`.
    public var code: String
    public var detail: String
    /// The octets at fault, bounded; field values are masked before they reach a tape.
    public var raw: [UInt8]

    public init(
        connection: ConnectionID, exchange: Int? = nil, side: Side, seen: Instant, code: String, detail: String,
        raw: [UInt8] = []
    ) {
        self.connection = connection
        self.exchange = exchange
        self.side = side
        self.seen = seen
        self.code = code
        self.detail = detail
        self.raw = raw
    }
}
