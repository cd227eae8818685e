/// The two ends of a connection, lower one first, so that both directions have the same key.
struct FlowKey: Sendable, Hashable {
    let lower: InternetAddress
    let higher: InternetAddress
    /// The ports in the same order, and a bit that keeps apart IPv4 and addresses mapped into IPv6.
    private let ports: UInt64

    var lowerPort: UInt16 { UInt16(truncatingIfNeeded: ports >> 16) }
    var higherPort: UInt16 { UInt16(truncatingIfNeeded: ports) }

    /// The key, and whether the sender is the lower end.
    static func of(_ packet: InternetPacket, _ segment: TCPSegment) -> (key: FlowKey, fromLower: Bool) {
        let (a, b) = (packet.source, packet.destination)
        let (p, q) = (segment.sourcePort, segment.destinationPort)
        let fromLower = (a.high, a.low, p) <= (b.high, b.low, q)
        let version: UInt64 = packet.isVersion6 ? 1 << 32 : 0
        let key =
            fromLower
            ? FlowKey(lower: a, higher: b, ports: version | UInt64(p) << 16 | UInt64(q))
            : FlowKey(lower: b, higher: a, ports: version | UInt64(q) << 16 | UInt64(p))
        return (key, fromLower)
    }
}
