/// Names under which credentials travel: of JSON members, form fields, query parameters, headers, XML elements.
///
/// A list of hints and not of names, because every vendor has its own: `x-vendor-access-token` was never heard of and
/// is understood. What is found by it is only text that nobody promised to be harmless; fields and queries have
/// allow-lists on top.
enum SecretNames {
    /// Whether a value under `name` must be taken for a secret.
    static func contains(_ name: some Collection<UInt8>) -> Bool {
        guard !name.isEmpty, name.count <= longest else { return false }
        let name = name.map(\.lowercasedASCII)
        if whole.contains(name) { return true }
        guard hints.contains(where: { find($0, in: name) }) else { return false }
        return !harmless.contains { name.suffix($0.count).elementsEqual($0) }
    }

    /// Whether a value under `name` is secret even where it looks like a plain word.
    static func isPassword(_ name: some Collection<UInt8>) -> Bool {
        let name = name.map(\.lowercasedASCII)
        return passwords.contains { find($0, in: name) }
    }

    /// Whether `name` is a header whose whole value is a credential.
    static func isCredentialField(_ name: some Collection<UInt8>) -> Bool {
        let name = name.map(\.lowercasedASCII)
        return credentialFields.contains { find($0, in: name) }
    }

    private static let longest = 64

    private static let hints = octets([
        "token", "secret", "passw", "pwd", "passphrase", "credential", "authorization", "cookie", "signature", "apikey",
        "api-key", "api_key", "accesskey", "access-key", "access_key", "accountkey", "account-key", "account_key",
        "privatekey", "private-key", "private_key", "sharedkey", "session-id", "session_id", "sessionid", "jwt",
        "assertion", "bearer", "csrf", "xsrf", "registry-auth", "registryauth",
    ])

    /// Endings that turn a hint into something harmless: `token_type`, `authorization_uri`, `SignedHeaders`.
    private static let harmless = octets([
        "type", "_uri", "_url", "_endpoint", "headers", "algorithm", "version", "expiry", "expires", "expires_in",
        "expiresin", "expireson", "expires_on", "lifetime", "_at", "method", "methods", "supported",
    ])

    private static let whole = Set(
        octets([
            "auth", "sig", "hmac", "_state", "hdnts", "policy", "verify", "googleaccessid", "key-pair-id", "next_page",
            "session", "sid", "otp", "pin", "identitytoken", "akamai_signature", "x-jfrog-art-api",
            // What storage services echo of a request and of what they signed (REGISTRY-FACTS §5, §6).
            "argumentvalue", "stringtosign", "stringtosignbytes", "canonicalrequest", "canonicalrequestbytes",
            "signatureprovided", "headervalue", "queryparametervalue",
        ]))

    private static let passwords = octets(["passw", "pwd", "passphrase", "secret", "otp", "pin"])

    private static let credentialFields = octets(["authorization", "cookie", "api-key", "apikey", "registry-auth"])

    private static func octets(_ names: [String]) -> [[UInt8]] { names.map { Array($0.utf8) } }

    private static func find(_ hint: [UInt8], in name: [UInt8]) -> Bool {
        guard name.count >= hint.count, let first = hint.first else { return false }
        for start in 0...name.count - hint.count where name[start] == first {
            if name[start...].starts(with: hint) { return true }
        }
        return false
    }
}
