public import TapeModel

/// What a capture file holds, one after another (pcap; pcapng, draft-ietf-opsawg-pcapng).
public enum CaptureItem: Sendable, Hashable {
    /// A frame as a range of the octets handed in.
    case frame(CapturedFrame)
    /// TLS secrets in key log format (pcapng decryption secrets block).
    case keyLog([UInt8])
    case comment(String)
    /// Packets that the capturing program says it lost (pcapng interface statistics).
    case dropped(packets: Int64, at: Instant?)
}

/// Where one frame lies, and what is known of it.
public struct CapturedFrame: Sendable, Hashable {
    public var octets: Range<Int>
    /// The LINKTYPE_ value of its interface, which may be none of ours.
    public var link: UInt16
    /// Octets that the frame had on the wire, more than were kept where the snap length cut it.
    public var originalLength: Int
    public var time: Instant

    public init(octets: Range<Int>, link: UInt16, originalLength: Int, time: Instant) {
        self.octets = octets
        self.link = link
        self.originalLength = originalLength
        self.time = time
    }
}
