public import TapeModel

/// Decodes a tape record by record: what each exchange means, and how it belongs to those before it.
///
/// A value with bounded tables: tokens, redirects, challenges and uploads of the recent past. Records come in the order
/// of the tape, which is the order in which exchanges ended.
public struct TraceDecoder: Sendable {
    public enum Event: Sendable {
        case exchange(DecodedExchange)
        case connection(DecodedConnection)
        /// An oddity that belongs to no exchange.
        case anomaly(Anomaly)
        case gap(Gap)
    }

    /// Contents that the shell read for one exchange, after content decoding; nothing where they are not at hand.
    public struct Contents: Sendable {
        public var request: [UInt8]?
        public var response: [UInt8]?

        public init(request: [UInt8]? = nil, response: [UInt8]? = nil) {
            self.request = request
            self.response = response
        }
    }

    /// Which contents the meaning of an exchange depends on, so that the shell reads no layer.
    public struct Wanted: Sendable, Hashable {
        public var request: Bool
        public var response: Bool
    }

    public init() {}

    /// Asked before `handle`: whether contents that are not inline should be read, at most 4 MiB of each.
    public func wanted(for exchange: Exchange) -> Wanted { Wanted(request: false, response: false) }

    public mutating func handle(_ record: TapeRecord, seq: Int64, contents: Contents) -> [Event] { [] }

    /// The tape is over: connections that never ended are told now.
    public mutating func finish() -> [Event] { [] }

    /// What the trace was about, for as much as has been handled.
    public var summary: TraceSummary { TraceSummary() }
}
