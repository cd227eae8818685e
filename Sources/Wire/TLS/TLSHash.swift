import Crypto

/// A hash as TLS derives keys with it (RFC 8446 §7.1, RFC 5246 §5).
enum TLSHash {
    case sha1
    case sha256
    case sha384

    var length: Int {
        switch self {
        case .sha1: 20
        case .sha256: 32
        case .sha384: 48
        }
    }

    func hmac(_ key: SymmetricKey, _ message: [UInt8]) -> [UInt8] {
        switch self {
        case .sha1: Array(HMAC<Insecure.SHA1>.authenticationCode(for: message, using: key))
        case .sha256: Array(HMAC<SHA256>.authenticationCode(for: message, using: key))
        case .sha384: Array(HMAC<SHA384>.authenticationCode(for: message, using: key))
        }
    }

    /// HKDF-Expand-Label with an empty context (RFC 8446 §7.1), `count` at most 255 octets.
    func expandLabel(_ secret: [UInt8], _ label: String, count: Int) -> [UInt8] {
        let name = Array("tls13 ".utf8) + Array(label.utf8)
        let info = [0, UInt8(clamping: count), UInt8(clamping: name.count)] + name + [0]
        return expand(info, count: count) { hmac(SymmetricKey(data: secret), $0) }
    }

    /// HKDF-Expand (RFC 5869 §2.3).
    private func expand(_ info: [UInt8], count: Int, _ hmac: ([UInt8]) -> [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        var block: [UInt8] = []
        var number: UInt8 = 1
        while output.count < count, number < 255 {
            block = hmac(block + info + [number])
            output += block
            number += 1
        }
        return Array(output.prefix(count))
    }

    /// The pseudorandom function of TLS 1.2 (RFC 5246 §5).
    func pseudorandom(_ secret: [UInt8], _ label: String, _ seed: [UInt8], count: Int) -> [UInt8] {
        let key = SymmetricKey(data: secret)
        let seed = Array(label.utf8) + seed
        var output: [UInt8] = []
        var chain = seed
        while output.count < count {
            chain = hmac(key, chain)
            output += hmac(key, chain + seed)
        }
        return Array(output.prefix(count))
    }
}
