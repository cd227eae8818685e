import TapeModel

/// What both sides sent before the client's first octets told which protocol the connection speaks.
///
/// Held only for that long: of the client the beginning of a method or of the preface, of the server a few settings or
/// words. None of it can be content of an exchange, because no request is complete yet.
struct Prelude: Sendable {
    enum Verdict {
        case wait
        case http1
        case http2
        case notHTTP
    }

    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    /// A server that says this much before the client says a word does not speak HTTP.
    private static let longestServer = 4 * 1024
    /// The longest registered method has eighteen letters.
    private static let longestMethod = 24

    private(set) var client: [UInt8] = []
    private(set) var clientStarted = Instant(microseconds: 0)
    private(set) var server: [UInt8] = []
    private(set) var serverStarted = Instant(microseconds: 0)

    /// Judges by the client's octets so far and these; holds them while the verdict is to wait.
    mutating func receive(_ side: Side, _ bytes: Span<UInt8>, at now: Instant) -> Verdict {
        switch side {
        case .client:
            let verdict = judge(bytes)
            if client.isEmpty { clientStarted = now }
            if case .wait = verdict { client += Octets.copy(bytes, 0..<bytes.count) }
            return verdict
        case .server:
            guard server.count + bytes.count <= Self.longestServer else { return .notHTTP }
            if server.isEmpty { serverStarted = now }
            server += Octets.copy(bytes, 0..<bytes.count)
            return .wait
        }
    }

    private func judge(_ bytes: Span<UInt8>) -> Verdict {
        let total = client.count + bytes.count
        func octet(_ index: Int) -> UInt8 { index < client.count ? client[index] : bytes[index - client.count] }
        var count = 0
        while count < total, count < Self.preface.count, octet(count) == Self.preface[count] { count += 1 }
        if count == Self.preface.count { return .http2 }
        if count == total { return .wait }
        // Not the preface: a method is a token, followed by a space. Empty lines may come first (RFC 9112 §2.2).
        for index in 0..<total {
            let octet = octet(index)
            if octet == Octets.space { return index > 0 ? .http1 : .notHTTP }
            if octet == Octets.carriageReturn || octet == Octets.lineFeed { return index < 4 ? .http1 : .notHTTP }
            guard Octets.isToken(octet), index < Self.longestMethod else { return .notHTTP }
        }
        return .wait
    }
}
