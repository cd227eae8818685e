import Crypto
import CryptoExtras

/// The keys that protect one direction, and the number of its next record.
struct RecordProtection {
    private let suite: CipherSuite
    private let is13: Bool
    private let encryptsThenMACs: Bool
    private let key: SymmetricKey
    private let macKey: SymmetricKey
    private let iv: [UInt8]
    /// The traffic secret, from which a key update makes the next one; empty before TLS 1.3.
    private let secret: [UInt8]
    var sequence: UInt64 = 0

    /// Keys of a traffic secret (RFC 8446 §7.3).
    init(_ suite: CipherSuite, trafficSecret: [UInt8]) {
        self.suite = suite
        is13 = true
        encryptsThenMACs = false
        secret = trafficSecret
        key = SymmetricKey(data: suite.hash.expandLabel(trafficSecret, "key", count: suite.keyLength))
        iv = suite.hash.expandLabel(trafficSecret, "iv", count: 12)
        macKey = SymmetricKey(data: [UInt8]())
    }

    /// Keys of one side out of a master secret (RFC 5246 §6.3).
    init(
        _ suite: CipherSuite, master: [UInt8], clientRandom: [UInt8], serverRandom: [UInt8], isClient: Bool,
        encryptsThenMACs: Bool
    ) {
        let macLength: Int
        let ivLength: Int
        switch suite.cipher {
        case .gcm: (macLength, ivLength) = (0, 4)
        case .chacha20: (macLength, ivLength) = (0, 12)
        case .cbc(let mac): (macLength, ivLength) = (mac.length, 0)
        }
        let block = suite.hash.pseudorandom(
            master, "key expansion", serverRandom + clientRandom,
            count: 2 * (macLength + suite.keyLength + ivLength))
        var cursor = OctetCursor(block[...])
        // Client's before server's, kind after kind.
        func part(_ length: Int) -> [UInt8] {
            let client = cursor.take(length) ?? []
            let server = cursor.take(length) ?? []
            return Array(isClient ? client : server)
        }
        macKey = SymmetricKey(data: part(macLength))
        key = SymmetricKey(data: part(suite.keyLength))
        iv = part(ivLength)
        self.suite = suite
        self.encryptsThenMACs = encryptsThenMACs
        is13 = false
        secret = []
    }

    /// The keys after a KeyUpdate (RFC 8446 §7.2).
    func updated() -> RecordProtection {
        RecordProtection(suite, trafficSecret: suite.hash.expandLabel(secret, "traffic upd", count: suite.hash.length))
    }

    /// The type and content of a record; nil, and no record counted, where it does not authenticate.
    mutating func open(_ header: RecordHeader, _ body: ArraySlice<UInt8>) -> (type: UInt8, content: [UInt8])? {
        guard let opened = open(header, body, sequence: sequence) else { return nil }
        sequence &+= 1
        return opened
    }

    private func open(
        _ header: RecordHeader, _ body: ArraySlice<UInt8>, sequence: UInt64
    ) -> (type: UInt8, content: [UInt8])? {
        if case .cbc(let mac) = suite.cipher {
            return openCBC(header, body, sequence, mac).map { (header.type, $0) }
        }
        var sealed = body
        var nonce = iv
        if case .gcm = suite.cipher, !is13 {
            guard sealed.count >= 8 else { return nil }
            nonce += sealed.prefix(8)
            sealed = sealed.dropFirst(8)
        } else {
            for index in 0..<8 { nonce[4 + index] ^= UInt8(truncatingIfNeeded: sequence >> (56 - 8 * index)) }
        }
        guard sealed.count >= 16 else { return nil }
        let associated =
            is13 ? header.octets : Self.associated(sequence, header, length: sealed.count - 16)
        guard var content = openAEAD(sealed.dropLast(16), tag: sealed.suffix(16), nonce, associated) else { return nil }
        guard is13 else { return (header.type, content) }
        // The type stands behind the content, before any padding of zeros (RFC 8446 §5.4).
        while content.last == 0 { content.removeLast() }
        guard let type = content.popLast() else { return nil }
        return (type, content)
    }

    private func openAEAD(
        _ ciphertext: ArraySlice<UInt8>, tag: ArraySlice<UInt8>, _ nonce: [UInt8], _ associated: [UInt8]
    ) -> [UInt8]? {
        switch suite.cipher {
        case .gcm:
            guard let number = try? AES.GCM.Nonce(data: nonce),
                let box = try? AES.GCM.SealedBox(nonce: number, ciphertext: ciphertext, tag: tag),
                let content = try? AES.GCM.open(box, using: key, authenticating: associated)
            else { return nil }
            return Array(content)
        case .chacha20:
            guard let number = try? ChaChaPoly.Nonce(data: nonce),
                let box = try? ChaChaPoly.SealedBox(nonce: number, ciphertext: ciphertext, tag: tag),
                let content = try? ChaChaPoly.open(box, using: key, authenticating: associated)
            else { return nil }
            return Array(content)
        case .cbc:
            return nil
        }
    }

    /// MAC-then-encrypt (RFC 5246 §6.2.3.2) and encrypt-then-MAC (RFC 7366 §3).
    private func openCBC(
        _ header: RecordHeader, _ body: ArraySlice<UInt8>, _ sequence: UInt64, _ mac: TLSHash
    ) -> [UInt8]? {
        var body = body
        if encryptsThenMACs {
            guard body.count >= mac.length else { return nil }
            let tag = Array(body.suffix(mac.length))
            body = body.dropLast(mac.length)
            let covered = Self.associated(sequence, header, length: body.count) + body
            guard mac.hmac(macKey, covered) == tag else { return nil }
        }
        guard body.count >= 32, body.count.isMultiple(of: 16),
            let vector = try? AES._CBC.IV(ivBytes: body.prefix(16)),
            let opened = try? AES._CBC.decrypt(body.dropFirst(16), using: key, iv: vector, noPadding: true)
        else { return nil }
        var content = Array(opened)
        guard let padding = content.last, content.count > Int(padding),
            content.suffix(Int(padding) + 1).allSatisfy({ $0 == padding })
        else { return nil }
        content.removeLast(Int(padding) + 1)
        if !encryptsThenMACs {
            guard content.count >= mac.length else { return nil }
            let tag = Array(content.suffix(mac.length))
            content.removeLast(mac.length)
            let covered = Self.associated(sequence, header, length: content.count) + content
            guard mac.hmac(macKey, covered) == tag else { return nil }
        }
        return content
    }

    private static func associated(_ sequence: UInt64, _ header: RecordHeader, length: Int) -> [UInt8] {
        var octets = (0..<8).map { UInt8(truncatingIfNeeded: sequence >> (56 - 8 * UInt64($0))) }
        octets += header.octets.prefix(3)
        octets += [UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length)]
        return octets
    }
}
