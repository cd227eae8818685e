import Registry
import TapeModel

/// One side of a connection said that it has no room for more, and the other had to wait.
///
/// ## What it means
/// A receiver that does not read what has come announces a window of zero (RFC 9293 §3.8.6), and the sender stops until
/// there is room. The line is then not what is slow. At a client it is mostly the disk that layers are unpacked to, or a
/// lack of processor time; at a server the storage behind it.
///
/// ## How to fix it
/// Look at the side that had no room: its disk, its processor, its memory limits.
enum ReceiveWindowFull: Rule {
    static let name = "receive-window-full"
    static let severity = Severity.warning
    static let party = Party.client
    static let symptoms: [String] = []

    /// Once or twice is a reader that was busy for a moment.
    private static let least = 3

    static func check(_ connection: DecodedConnection, in window: TraceWindow) -> Finding? {
        guard let packets = connection.end?.packets else { return nil }
        let (client, server) = (packets.client.zeroWindows, packets.server.zeroWindows)
        guard max(client, server) >= least else { return nil }
        let isClient = client >= server
        let times = max(client, server)
        return finding(
            "\(isClient ? "The client" : connection.host.words.capitalizedFirst) had no room \(times) times on the connection "
                + "\(isClient ? "to \(connection.host.authority)" : "from the client"), and the "
                + "\(isClient ? "server" : "client") had to wait.",
            detail: "It did not read as fast as the line could carry.",
            advice: isClient
                ? "Look at the client while it pulls: `iostat -x 1` for the disk that holds its images, `top` for the processor, and its cgroup's limits."
                : "Look at what \(connection.host.authority) does with uploads: its disk or object storage, its processor, limits of a proxy before it.",
            evidence: [Evidence(connection.seq, "connection.packets")], subject: connection.host.authority,
            severity: times >= 10 ? .warning : .note, party: isClient ? .client : .registry)
    }
}
