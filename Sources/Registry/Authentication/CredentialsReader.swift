import TapeModel

extension Credentials {
    /// Reads `Authorization` (RFC 9110 §11.6.2), redacted or not; nothing where it is empty.
    init?(field value: String) {
        let trimmed = value.drop { $0 == " " || $0 == "\t" }
        guard !trimmed.isEmpty else { return nil }
        guard let blank = trimmed.firstIndex(where: { $0 == " " || $0 == "\t" }) else {
            // No scheme, or nothing but a scheme; a redacted one shows a pseudonym.
            let isScheme =
                trimmed.utf8.count <= 16 && trimmed.utf8.allSatisfy { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A }
            self.init(
                scheme: isScheme ? String(trimmed) : "", identity: isScheme ? "" : SecretIdentity.of(String(trimmed)),
                claims: nil)
            return
        }
        let secret = String(trimmed[blank...].drop { $0 == " " || $0 == "\t" })
        self.init(
            scheme: String(trimmed[..<blank].prefix(Self.longestScheme)), identity: SecretIdentity.of(secret),
            claims: TokenClaims(token: secret))
    }

    /// The longest registered scheme has twenty letters.
    private static let longestScheme = 64
}
