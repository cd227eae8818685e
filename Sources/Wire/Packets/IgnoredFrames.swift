/// Frames of a capture that gave no segment, counted by reason, so that what was left out can be told.
public struct IgnoredFrames: Sendable, Hashable {
    /// Neither IPv4 nor IPv6: ARP, LLDP and their like.
    public var notInternet = 0
    /// IP, but not TCP; encrypted (ESP) and tunnelled packets are among them.
    public var notTCP = 0
    /// Headers that contradict themselves, or are cut off by the snap length before the ports and numbers end.
    public var malformed = 0
    /// Segments to a flow that has ended, and resets to one that nobody saw.
    public var late = 0
    /// Datagrams whose fragments overlap: which octets the receiver took cannot be known, and current systems drop
    /// them (RFC 5722 for IPv6; Linux since 4.19 for IPv4 too).
    public var overlappingFragments = 0
    /// Datagrams that never became whole.
    public var unfinishedDatagrams = 0

    public init() {}
}
