/// How much reassembly keeps, and how long it waits, whatever a capture holds.
///
/// Every figure that was not seen in time ends in a gap, an event, or a flow told as forgotten: never in growth.
public struct ReassemblyLimits: Sendable, Hashable {
    /// Connections known at a time, those that ended not long ago included.
    ///
    /// The longest idle go first: of those that ended, then of those whose SYN was never answered, then of all.
    public var flows = 65_536
    /// Memory for octets of one stream that came before those in front of them.
    ///
    /// The largest window that Linux offers by itself is 6 MiB (`tcp_rmem`): a whole one can wait for a lost segment.
    public var heldPerStream = 8 << 20
    /// Memory for such octets of all streams; the oldest hole is given up first.
    public var heldInAll = 128 << 20
    /// Memory for TLS records of all connections that wait for secrets; what has waited longest is given up first.
    ///
    /// Each connection has a limit of its own, but a capture without a key log has nothing but connections that wait.
    public var waitingForSecrets = 64 << 20
    /// Octets told last, of all streams together, that a repeated segment is compared with.
    public var history = 4 << 20
    /// How far from what is expected a sequence number may lie to be believed at once: beyond any window in use, and
    /// small enough that a damaged number is nearly always seen as such.
    public var reach: Int64 = 64 << 20
    /// Microseconds that a hole stays open after the other side acknowledged octets beyond it.
    ///
    /// They did arrive and are not sent again; only a capture that mixes the order of several queues can still bring them.
    public var patience: Int64 = 100_000
    /// Segments of the flow after which such a hole is given up, however fast they follow one another.
    public var patienceInSegments = 128
    /// Microseconds that a hole stays open when nothing was acknowledged beyond it: a sender repeats after 1 s, 2 s,
    /// 4 s … (RFC 6298 §5.5), and a capture of one direction never shows an acknowledgement.
    public var longPatience: Int64 = 30_000_000
    /// Microseconds after which a SYN counts as unanswered: less than the first repetition would prove nothing.
    public var answer: Int64 = 3_000_000
    /// Microseconds for which an unanswered SYN is remembered; Linux gives up after 127 s.
    public var halfOpen: Int64 = 130_000_000
    /// Microseconds for which an ended flow is remembered, so that its last segments do not seem to be another.
    public var ended: Int64 = 60_000_000
    /// Microseconds of silence after which a flow is forgotten: twice the time to the first keep-alive probe.
    public var idle: Int64 = 4 * 3_600_000_000
    /// Anomalies told for each direction of a flow; the counts of packets go on.
    ///
    /// Ambiguous overlaps have as many for themselves, so that they cannot be hidden behind a crowd of others.
    public var anomalies = 128
    /// Octets kept of each version of an ambiguous overlap.
    public var ambiguousOctets = 256
    /// Datagrams that wait for fragments.
    public var fragmentedDatagrams = 256
    /// Octets of fragments that wait, of all datagrams.
    public var fragmentOctets = 4 << 20
    /// Microseconds for which a datagram waits for its fragments (Linux: 30 s; RFC 8200 §4.5 allows 60 s).
    public var fragmentWait: Int64 = 30_000_000

    public init() {}
}
