/// Where witnesses put what they saw: the only thing that the proxy and packet capture know of a tape.
///
/// One thread at a time calls it. Nothing is thrown back: a recording that can no longer be written says so
/// once, loudly, and lets the traffic pass, because a client must never notice that its trace failed.
public protocol TapeSink: AnyObject {
    /// A connection is up, or failed to come up. Said before any of its events.
    func connectionOpened(_ connection: Connection)

    /// Events of one connection, with the plaintext bytes that their ranges point into.
    func record(_ events: [ExchangeEvent], of connection: ConnectionID, bytes: Span<UInt8>, at now: Instant)

    /// Said once for each opened connection, after its last event.
    func connectionClosed(_ end: ConnectionEnd)

    /// Something happened that the witness did not see: packets were dropped.
    func gap(_ gap: Gap)

    /// Time passes: lets the sink keep its promise to synchronise at least each second.
    func tick(at now: Instant)
}
