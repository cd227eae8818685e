import TapeModel

extension TokenClaims {
    /// Reads header and claims of a JWT in compact form (RFC 7515 §7.1), redacted or not; nothing where it is none.
    init?(token: String) {
        guard token.utf8.starts(with: "eyJ".utf8), token.utf8.count <= Self.longest else { return nil }
        let parts = Array(token.utf8).split(separator: 0x2E, maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, let claims = Self.object(parts[1]) else { return nil }
        issuer = claims["iss"]?.string
        subject = claims["sub"]?.string
        audience = claims["aud"]?.array?.prefix(64).compactMap(\.string) ?? claims["aud"]?.string.map { [$0] } ?? []
        expires = Self.instant(claims["exp"])
        notBefore = Self.instant(claims["nbf"])
        issued = Self.instant(claims["iat"])
        access = claims["access"]?.array?.prefix(256).compactMap(Self.scope)
        grantType = claims["grant_type"]?.string
        keyID = Self.object(parts[0])?["kid"]?.string
    }

    /// Servers take header fields of 8 or 16 KiB.
    private static let longest = 16_384

    private static func object(_ part: ArraySlice<UInt8>) -> JSONValue? {
        guard let octets = Base64.decode(part), let value = try? JSONValue(parsing: octets), value.members != nil
        else { return nil }
        return value
    }

    /// NumericDate (RFC 7519 §2): seconds, perhaps with a fraction; beyond what 64 bits hold it says nothing.
    private static func instant(_ value: JSONValue?) -> Instant? {
        if let seconds = value?.int64 { return Instant(seconds: seconds) }
        guard let seconds = value?.double, abs(seconds) < 1e12 else { return nil }
        return Instant(microseconds: Int64(seconds * 1e6))
    }

    private static func scope(_ value: JSONValue) -> TokenScope? {
        guard let type = value["type"]?.string, let name = value["name"]?.string else { return nil }
        return TokenScope(
            type: type, resourceClass: value["class"]?.string.flatMap { $0.isEmpty ? nil : $0 }, name: name,
            actions: value["actions"]?.array?.prefix(32).compactMap(\.string) ?? [])
    }
}
