import TapeModel

/// One segment on its way through its flow; its octets travel beside it.
struct SegmentArrival {
    let segment: TCPSegment
    let at: Instant
    /// Whether the octets are the frame that the caller holds, so that ranges of it mean something to them, or a
    /// datagram put together from fragments.
    let isFrame: Bool
}
