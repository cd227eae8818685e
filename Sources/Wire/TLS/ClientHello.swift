/// What a client asks for when it opens TLS (RFC 8446 §4.1.2, RFC 6066 §3, RFC 7301).
public struct ClientHello: Sendable, Hashable {
    /// The host name of the server_name extension.
    public var sni: String?
    /// Protocols in the client's order.
    public var alpn: [String] = []
    /// Versions offered, by name, without the reserved GREASE values (RFC 8701).
    public var versions: [String] = []
    /// Cipher suites offered, by IANA name.
    public var ciphers: [String] = []

    /// Parses the records at the beginning of what a client sent.
    public static func parse(_ bytes: Span<UInt8>) -> HelloParse<ClientHello> {
        switch HandshakeMessage.first(in: bytes, type: 1) {
        case .needMore: .needMore
        case .notTLS: .notTLS
        case .malformed: .malformed
        case .body(let body): ClientHello(body).map(HelloParse.hello) ?? .malformed
        }
    }

    init?(_ body: [UInt8]) {
        var cursor = OctetCursor(body[...])
        guard let legacyVersion = cursor.integer(octets: 2), cursor.take(32) != nil,
            cursor.vector(lengthOctets: 1) != nil, let suites = cursor.vector(lengthOctets: 2),
            cursor.vector(lengthOctets: 1) != nil
        else { return nil }
        ciphers = Self.pairs(suites).filter { !Self.isGrease($0) }.map(CipherSuiteName.name)
        versions = [ProtocolVersionName.name(legacyVersion)]
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
        case 0:
            guard let names = content.vector(lengthOctets: 2) else { return }
            var list = OctetCursor(names)
            while let kind = list.integer(octets: 1), let name = list.vector(lengthOctets: 2) {
                if kind == 0, sni == nil { sni = String(validating: name, as: UTF8.self) }
            }
        case 16:
            guard let protocols = content.vector(lengthOctets: 2) else { return }
            var list = OctetCursor(protocols)
            while let name = list.vector(lengthOctets: 1) {
                if let text = String(validating: name, as: UTF8.self), !Self.isGreaseName(name) { alpn.append(text) }
            }
        case 43:
            guard let offered = content.vector(lengthOctets: 1) else { return }
            versions = Self.pairs(offered).filter { !Self.isGrease($0) }.map(ProtocolVersionName.name)
        default:
            return
        }
    }

    private static func pairs(_ octets: ArraySlice<UInt8>) -> [Int] {
        var cursor = OctetCursor(octets)
        var values: [Int] = []
        while let value = cursor.integer(octets: 2) { values.append(value) }
        return values
    }

    private static func isGrease(_ value: Int) -> Bool {
        value & 0x0F0F == 0x0A0A && value >> 8 == value & 0xFF
    }

    private static func isGreaseName(_ name: ArraySlice<UInt8>) -> Bool {
        name.count == 2 && name.allSatisfy { $0 & 0x0F == 0x0A }
    }
}

/// Names of protocol versions as a tape shows them.
enum ProtocolVersionName {
    static func name(_ value: Int) -> String {
        switch value {
        case 0x0300: "SSLv3"
        case 0x0301: "TLSv1.0"
        case 0x0302: "TLSv1.1"
        case 0x0303: "TLSv1.2"
        case 0x0304: "TLSv1.3"
        default: "0x" + String(value, radix: 16, uppercase: true)
        }
    }
}
