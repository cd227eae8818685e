/// Finds the IP packet within a frame.
enum LinkHeader {
    /// The place where the IP packet begins; nothing where there is none.
    ///
    /// Whether it is version 4 or 6 is for its own first octet to say: one question with one answer.
    static func networkStart(_ frame: Span<UInt8>, _ link: LinkType) -> Int? {
        switch link {
        case .ethernet: type(frame, at: 12)
        case .linuxCooked: type(frame, at: 14)
        case .linuxCooked2:
            // The type stands first here, before 18 octets about interface and address.
            frame.count < 2 ? nil : type(frame, at: 0, payload: 20)
        case .rawIP, .ipv4, .ipv6: 0
        case .null, .loopback: family(frame)
        }
    }

    /// Follows EtherType and VLAN tags (IEEE 802.1Q, 802.1ad, and 0x9100 of before it).
    private static func type(_ frame: Span<UInt8>, at place: Int, payload: Int? = nil) -> Int? {
        var place = place
        var payload = payload ?? place + 2
        // Two tags are in use; a frame of nothing but tags shall not be walked for long.
        for _ in 0..<4 {
            guard place + 2 <= frame.count else { return nil }
            switch UInt16(frame[place]) << 8 | UInt16(frame[place + 1]) {
            case 0x0800, 0x86DD: return payload
            case 0x8100, 0x88A8, 0x9100:
                // Two octets of tag, and then the type of what it is put around.
                place = payload + 2
                payload = place + 2
            default: return nil
            }
        }
        return nil
    }

    /// AF_INET and the AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, and macOS.
    private static func family(_ frame: Span<UInt8>) -> Int? {
        guard frame.count >= 4 else { return nil }
        // The number is below 256 on every system, so that one of the two ends holds it in either byte order.
        guard frame[1] == 0, frame[2] == 0, frame[0] == 0 || frame[3] == 0 else { return nil }
        switch frame[0] | frame[3] {
        case 2, 10, 24, 28, 30: return 4
        default: return nil
        }
    }
}
