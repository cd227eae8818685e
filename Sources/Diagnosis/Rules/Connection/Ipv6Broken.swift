import Registry
import TapeModel

/// A host is reached by IPv4 and not by IPv6.
///
/// ## What it means
/// The name has addresses of both kinds. The connection to an IPv6 address was reset or got no answer, and one to an IPv4
/// address came up: the way by IPv6 is broken somewhere. Clients that try IPv6 first lose time, or fail.
///
/// ## How to fix it
/// Mend IPv6 on the way, or let the machine prefer IPv4.
enum Ipv6Broken: Rule {
    static let name = "ipv6-broken"
    static let severity = Severity.warning
    static let party = Party.network
    static let symptoms = ["G16"]

    /// Microseconds between the two attempts; clients begin the second within a second, and give up the first in thirty.
    private static let patience: Int64 = 60_000_000

    static func check(_ connection: DecodedConnection, in window: TraceWindow) -> Finding? {
        guard connection.connection.failure != nil, let address = sixth(connection.connection) else { return nil }
        let failed = connection.connection
        let other = window.connections.first { other in
            guard other.connection.failure == nil, let server = other.connection.server, !isSixth(server) else {
                return false
            }
            let gap = other.connection.started.microseconds(since: failed.started)
            return abs(gap) < patience && (other.connection.authority == failed.authority || isSixth(failed.authority))
        }
        guard let other, let server = other.connection.server else { return nil }
        return finding(
            "The connection to \(other.host.authority) by IPv6 (\(address)) failed, and by IPv4 (\(server)) it came up.",
            detail: failed.failure?.detail ?? "",
            advice: """
                Compare both ways: `curl -6 -sI https://\(other.host.authority)/v2/` and `curl -4 -sI https://\(other.host.authority)/v2/`
                Until IPv6 works let the machine prefer IPv4; in /etc/gai.conf: `precedence ::ffff:0:0/96 100`
                """,
            evidence: [Evidence(connection.seq, "connection.failure")], subject: other.host.authority)
    }

    private static func sixth(_ connection: Connection) -> String? {
        if let server = connection.server, isSixth(server) { return server }
        return isSixth(connection.authority) ? connection.authority : nil
    }

    /// `[2001:db8::1]:443`, or the like without brackets.
    private static func isSixth(_ address: String) -> Bool {
        address.hasPrefix("[") || address.utf8.lazy.filter { $0 == 0x3A }.count > 1
    }
}
