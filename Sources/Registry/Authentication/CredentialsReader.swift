import TapeModel

extension Credentials {
    /// Reads `Authorization` (RFC 9110 §11.6.2), redacted or not; nothing where it is empty.
    public init?(field value: String) {
        let octets = Array(value.utf8)
        let trimmed = octets.drop(while: Self.isBlank)
        guard !trimmed.isEmpty else { return nil }
        guard let blank = trimmed.firstIndex(where: Self.isBlank) else {
            // No scheme, or nothing but a scheme; a redacted one shows a pseudonym.
            let text = String(decoding: trimmed, as: UTF8.self)
            let isScheme = trimmed.count <= 16 && trimmed.allSatisfy { (0x61...0x7A).contains($0 | 0x20) }
            self.init(
                scheme: isScheme ? text : "", identity: isScheme ? "" : SecretIdentity.of(text), claims: nil)
            return
        }
        let secret = String(decoding: trimmed[blank...].drop(while: Self.isBlank), as: UTF8.self)
        self.init(
            scheme: String(decoding: trimmed[..<blank].prefix(Self.longestScheme), as: UTF8.self),
            identity: SecretIdentity.of(secret), claims: TokenClaims(token: secret))
    }

    private static func isBlank(_ octet: UInt8) -> Bool { octet == 0x20 || octet == 0x09 }

    /// The longest registered scheme has twenty letters.
    private static let longestScheme = 64
}
