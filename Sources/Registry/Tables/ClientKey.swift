import TapeModel

/// Who sent a request, as far as a trace can tell clients apart: address without port, and `User-Agent`.
///
/// Connections do not tell: one client opens one to each host, and several to some.
struct ClientKey: Sendable, Hashable {
    var address: String
    var userAgent: String

    /// `127.0.0.1:40123` without its port.
    static func address(of client: String) -> String {
        guard let colon = client.utf8.lastIndex(of: 0x3A), client.utf8.count <= 256 else { return "" }
        return String(client[..<colon])
    }
}
