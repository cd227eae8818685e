/// What a server chose when it answered a ClientHello (RFC 8446 §4.1.3, RFC 5246 §7.4.1.3).
///
/// The TLS library knows the cipher suite and does not tell; the hello is in the clear, so it is read from there.
/// A HelloRetryRequest has the same form and names the same version and suite as the hello that follows it.
public struct ServerHello: Sendable, Hashable {
    /// The version that was chosen, by name.
    public var version: String
    /// The cipher suite that was chosen, by IANA name.
    public var cipher: String
    /// The protocol that was chosen, where it is said in the clear: up to TLS 1.2.
    public var alpn: String?

    /// Parses the records at the beginning of what a server sent.
    public static func parse(_ bytes: Span<UInt8>) -> HelloParse<ServerHello> {
        switch HandshakeMessage.first(in: bytes, type: 2) {
        case .needMore: .needMore
        case .notTLS: .notTLS
        case .malformed: .malformed
        case .body(let body): ServerHello(body).map(HelloParse.hello) ?? .malformed
        }
    }

    init?(_ body: [UInt8]) {
        var cursor = OctetCursor(body[...])
        guard let legacyVersion = cursor.integer(octets: 2), cursor.take(32) != nil,
            cursor.vector(lengthOctets: 1) != nil, let suite = cursor.integer(octets: 2),
            cursor.integer(octets: 1) != nil
        else { return nil }
        version = ProtocolVersionName.name(legacyVersion)
        cipher = CipherSuiteName.name(suite)
        guard !cursor.isAtEnd else { return }
        guard let extensions = cursor.vector(lengthOctets: 2) else { return nil }
        var list = OctetCursor(extensions)
        while !list.isAtEnd {
            guard let type = list.integer(octets: 2), let content = list.vector(lengthOctets: 2) else { return nil }
            read(extension: type, OctetCursor(content))
        }
    }

    private mutating func read(extension type: Int, _ content: OctetCursor) {
        var content = content
        switch type {
        case 16:
            guard let protocols = content.vector(lengthOctets: 2) else { return }
            var list = OctetCursor(protocols)
            alpn = list.vector(lengthOctets: 1).flatMap { String(validating: $0, as: UTF8.self) }
        case 43:
            if let chosen = content.integer(octets: 2) { version = ProtocolVersionName.name(chosen) }
        default:
            return
        }
    }
}
