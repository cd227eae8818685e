/// What packets showed of one connection, where packet capture was the witness.
public struct PacketCounts: Sendable, Hashable {
    /// One direction.
    public struct Direction: Sendable, Hashable {
        /// Segments that carried octets, retransmissions included.
        public var segments: Int
        /// Segments that carried only octets that had been seen before.
        public var retransmitted: Int
        /// Segments that came before one that belongs in front of them.
        public var outOfOrder: Int
        /// How often this side said that it has no room (RFC 9293 §3.8.6).
        public var zeroWindows: Int
        /// Octets of the stream that were never seen.
        public var missing: Int64

        public init(
            segments: Int = 0, retransmitted: Int = 0, outOfOrder: Int = 0, zeroWindows: Int = 0, missing: Int64 = 0
        ) {
            self.segments = segments
            self.retransmitted = retransmitted
            self.outOfOrder = outOfOrder
            self.zeroWindows = zeroWindows
            self.missing = missing
        }

        /// What two connections had together.
        public static func + (one: Direction, other: Direction) -> Direction {
            func sum<Count: FixedWidthInteger>(_ left: Count, _ right: Count) -> Count {
                let (sum, overflow) = left.addingReportingOverflow(right)
                return overflow ? .max : sum
            }
            return Direction(
                segments: sum(one.segments, other.segments), retransmitted: sum(one.retransmitted, other.retransmitted),
                outOfOrder: sum(one.outOfOrder, other.outOfOrder), zeroWindows: sum(one.zeroWindows, other.zeroWindows),
                missing: sum(one.missing, other.missing))
        }
    }

    public var client: Direction
    public var server: Direction

    public init(client: Direction = Direction(), server: Direction = Direction()) {
        self.client = client
        self.server = server
    }

    /// What two connections had together.
    public static func + (one: PacketCounts, other: PacketCounts) -> PacketCounts {
        PacketCounts(client: one.client + other.client, server: one.server + other.server)
    }
}
