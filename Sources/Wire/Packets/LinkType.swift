/// How the frames of a capture begin (the LINKTYPE_ values of pcap and pcapng files).
public enum LinkType: UInt16, Sendable, Hashable, CaseIterable {
    /// BSD loopback: the address family in the byte order of the machine that captured.
    case null = 0
    case ethernet = 1
    case rawIP = 101
    /// OpenBSD loopback: the address family in network byte order.
    case loopback = 108
    case linuxCooked = 113
    case ipv4 = 228
    case ipv6 = 229
    case linuxCooked2 = 276
}
