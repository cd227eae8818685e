/// How a cipher suite protects records: those that an observer can decrypt.
struct CipherSuite {
    enum Cipher {
        case gcm
        case chacha20
        /// AES-CBC with an HMAC of this hash.
        case cbc(mac: TLSHash)
    }

    var cipher: Cipher
    /// Octets of the key.
    var keyLength: Int
    /// The hash of the key schedule (1.3) or of the pseudorandom function (1.2).
    var hash: TLSHash

    /// Nil where the suite is none that can be decrypted.
    init?(_ code: Int) {
        switch code {
        case 0x1301, 0x009C, 0x009E, 0xC02B, 0xC02F: self.init(.gcm, 16, .sha256)
        case 0x1302, 0x009D, 0x009F, 0xC02C, 0xC030: self.init(.gcm, 32, .sha384)
        case 0x1303, 0xCCA8, 0xCCA9, 0xCCAA: self.init(.chacha20, 32, .sha256)
        case 0x002F, 0x0033, 0xC009, 0xC013: self.init(.cbc(mac: .sha1), 16, .sha256)
        case 0x0035, 0x0039, 0xC00A, 0xC014: self.init(.cbc(mac: .sha1), 32, .sha256)
        case 0x003C, 0x0067, 0xC023, 0xC027: self.init(.cbc(mac: .sha256), 16, .sha256)
        case 0x003D, 0x006B: self.init(.cbc(mac: .sha256), 32, .sha256)
        case 0xC024, 0xC028: self.init(.cbc(mac: .sha384), 32, .sha384)
        default: return nil
        }
    }

    private init(_ cipher: Cipher, _ keyLength: Int, _ hash: TLSHash) {
        self.cipher = cipher
        self.keyLength = keyLength
        self.hash = hash
    }
}
