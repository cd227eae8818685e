/// What of a hello decides about keys and is not shown on a tape.
struct HelloFacts {
    /// The random of a ServerHello that is a HelloRetryRequest (RFC 8446 §4.1.3).
    static let retryRandom: [UInt8] = [
        0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
        0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
    ]

    var random: [UInt8]
    /// The version and suite that a server chose; zero in a ClientHello.
    var version = 0
    var suite = 0
    /// early_data (RFC 8446 §4.2.10).
    var hasEarlyData = false
    /// encrypt_then_mac (RFC 7366).
    var encryptsThenMACs = false

    init?(client body: [UInt8]) {
        var cursor = OctetCursor(body[...])
        guard cursor.take(2) != nil, let random = cursor.take(32), cursor.vector(lengthOctets: 1) != nil,
            cursor.vector(lengthOctets: 2) != nil, cursor.vector(lengthOctets: 1) != nil
        else { return nil }
        self.random = Array(random)
        readExtensions(&cursor)
    }

    init?(server body: [UInt8]) {
        var cursor = OctetCursor(body[...])
        guard let legacyVersion = cursor.integer(octets: 2), let random = cursor.take(32),
            cursor.vector(lengthOctets: 1) != nil, let suite = cursor.integer(octets: 2), cursor.take(1) != nil
        else { return nil }
        self.random = Array(random)
        self.suite = suite
        version = legacyVersion
        readExtensions(&cursor)
    }

    private mutating func readExtensions(_ cursor: inout OctetCursor) {
        guard let extensions = cursor.vector(lengthOctets: 2) else { return }
        var list = OctetCursor(extensions)
        while let type = list.integer(octets: 2), let content = list.vector(lengthOctets: 2) {
            switch type {
            case 22: encryptsThenMACs = true
            case 42: hasEarlyData = true
            // A ServerHello names one version, a ClientHello a list, which has a length before it.
            case 43 where content.count == 2: version = content.reduce(0) { $0 << 8 | Int($1) }
            default: continue
            }
        }
    }
}
