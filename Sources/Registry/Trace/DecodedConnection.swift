public import TapeModel

/// One connection of a trace, told when it is over, or when it failed to come up.
public struct DecodedConnection: Sendable {
    /// Place of its `connection` record.
    public var seq: Int64
    public var connection: Connection
    /// Nothing where the tape ends before it.
    public var end: ConnectionEnd?
    public var host: HostProfile
    /// Exchanges that it carried.
    public var exchanges: Int
}
