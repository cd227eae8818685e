/// A client that sends octets as they are, and keeps all that it hears until the server ends the connection.
enum RawClient {
    /// Sends the pieces one after the other, closes its half where `finishes`, and reads to the end.
    ///
    /// What a server said that leaves the connection open is followed by `…`.
    static func hear(
        from port: Int, _ pieces: [[UInt8]], finishes: Bool = false, until wanted: String? = nil,
        at address: String = "127.0.0.1"
    ) async throws -> String {
        try await RawSocket.use(port, at: address) { socket in
            for piece in pieces { socket.send(piece) }
            if finishes { socket.finish() }
            func text(_ octets: [UInt8]) -> String { String(decoding: octets, as: UTF8.self) }
            var hasHeard = false
            let heard = socket.hear { octets in
                hasHeard = wanted.map { text(octets).contains($0) } ?? false
                return hasHeard
            }
            return text(heard.octets) + (heard.isOpen && !hasHeard ? "…" : "")
        }
    }

    static func hear(
        from port: Int, _ text: String, finishes: Bool = false, until wanted: String? = nil,
        at address: String = "127.0.0.1"
    ) async throws -> String {
        try await hear(from: port, [Array(text.utf8)], finishes: finishes, until: wanted, at: address)
    }
}
