public import TapeModel

/// Number of a TCP connection within its capture, from 1.
public typealias FlowID = Int

/// What reassembly says of the TCP connections of a capture, in the order in which it became certain.
///
/// For each flow: `opened` first and once, then what its two streams carried, each octet once and in order, and
/// `closed` last and once.
public enum FlowEvent: Sendable, Hashable {
    case opened(FlowID, FlowOpening)
    /// The next octets of one stream; `at` is when the segment that carried them was seen.
    case octets(FlowID, Side, FlowOctets, at: Instant)
    /// Octets of the stream that nobody saw, and that will not come any more; nothing where it is not known how many:
    /// the capture began in the middle.
    case gap(FlowID, Side, octets: Int64?, at: Instant)
    /// That side has sent its last octet (FIN), and all of them were seen or told as gaps.
    case endOfStream(FlowID, Side, at: Instant)
    case anomaly(FlowID, FlowAnomaly)
    case closed(FlowID, FlowEnd)
}

/// Octets of a stream: a range of the frame just handed in where they came in order, or octets that had to be held.
public enum FlowOctets: Sendable, Hashable {
    case frame(Range<Int>)
    case held([UInt8])
}

/// What is known of a flow before its first octet.
public struct FlowOpening: Sendable, Hashable {
    /// `address:port`, IPv6 addresses in brackets (RFC 3986 §3.2.2).
    public var client: String
    public var server: String
    /// When its first segment was seen.
    public var started: Instant
    /// Microseconds from the SYN to its answer; nothing where the handshake was not seen.
    public var connect: Int64?

    public init(client: String, server: String, started: Instant, connect: Int64? = nil) {
        self.client = client
        self.server = server
        self.started = started
        self.connect = connect
    }
}

/// Something odd about segments.
public struct FlowAnomaly: Sendable, Hashable {
    public var side: Side
    public var seen: Instant
    /// A stable word in kebab case: `retransmission`, `out-of-order`, `zero-window`, `ambiguous-overlap`,
    /// `octets-before-handshake`, `reset`, `urgent`.
    public var code: String
    public var detail: String
    /// The octets at fault, bounded: both versions of an ambiguous overlap.
    public var raw: [UInt8]

    public init(side: Side, seen: Instant, code: String, detail: String, raw: [UInt8] = []) {
        self.side = side
        self.seen = seen
        self.code = code
        self.detail = detail
        self.raw = raw
    }
}

/// How a flow ended.
public struct FlowEnd: Sendable, Hashable {
    public enum Reason: Sendable, Hashable {
        /// FIN from both sides.
        case finished
        /// RST by that side.
        case reset(Side)
        /// SYN without an answer.
        case noAnswer
        /// SYN answered by RST.
        case refused
        /// The capture ended with the flow open.
        case captureEnded
        /// Nothing was seen for long, or its place was needed for another flow.
        case forgotten
    }

    public var reason: Reason
    public var ended: Instant
    /// The side whose FIN or RST came first, where there was one.
    public var closedBy: Side?
    public var packets: PacketCounts

    public init(reason: Reason, ended: Instant, closedBy: Side? = nil, packets: PacketCounts = PacketCounts()) {
        self.reason = reason
        self.ended = ended
        self.closedBy = closedBy
        self.packets = packets
    }
}
