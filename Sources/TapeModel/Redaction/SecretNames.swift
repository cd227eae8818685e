/// Names under which credentials travel: of JSON members, form fields, query parameters, headers, XML elements.
///
/// A list of hints and not of names, because every vendor has its own: `x-vendor-access-token` was never heard of and
/// is understood. What is found by it is only text that nobody promised to be harmless; fields and queries have
/// allow-lists on top.
enum SecretNames {
    /// Whether a value under `name` must be taken for a secret.
    static func contains(_ name: some Collection<UInt8>) -> Bool {
        let name = Array(name)
        return contains(name.span, 0..<name.count)
    }

    /// The same for a name within a text, without a copy of it: this is asked for every colon of every header.
    static func contains(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard !range.isEmpty, range.count <= longest else { return false }
        let isWhole = whole.candidates(at: range.lowerBound, text).contains {
            $0.count == range.count && text.hasIgnoringCase($0, at: range.lowerBound)
        }
        if isWhole { return true }
        guard hints.occur(in: text, range) else { return false }
        return !harmless.contains {
            $0.count <= range.count && text.hasIgnoringCase($0, at: range.upperBound - $0.count)
        }
    }

    /// Whether a value under `name` is secret even where it looks like a plain word.
    static func isPassword(_ name: some Collection<UInt8>) -> Bool {
        let name = Array(name)
        return passwords.occur(in: name.span, 0..<name.count)
    }

    /// Whether `name` is a header whose whole value is a credential.
    static func isCredentialField(_ name: some Collection<UInt8>) -> Bool {
        let name = Array(name)
        return credentialFields.occur(in: name.span, 0..<name.count)
    }

    /// Words by their first octet.
    private struct Words {
        private var byFirst = [[[UInt8]]](repeating: [], count: 256)
        private var beginnings = OctetPairs()

        /// Words of two octets at least.
        init(_ words: [[UInt8]]) {
            for word in words {
                byFirst[Int(word[0])].append(word)
                beginnings.insert(word[0], word[1])
            }
        }

        func candidates(at index: Int, _ text: Span<UInt8>) -> [[UInt8]] {
            byFirst[Int(text[index].lowercasedASCII)]
        }

        func occur(in text: Span<UInt8>, _ range: Range<Int>) -> Bool {
            for index in range.dropLast()
            where beginnings.contains(text[index].lowercasedASCII, text[index + 1].lowercasedASCII) {
                for word in candidates(at: index, text)
                where index + word.count <= range.upperBound && text.hasIgnoringCase(word, at: index) {
                    return true
                }
            }
            return false
        }
    }

    private static let longest = 64

    private static let hints = words([
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

    private static let whole = words([
        "auth", "sig", "hmac", "_state", "hdnts", "policy", "verify", "googleaccessid", "key-pair-id", "next_page",
        "session", "sid", "otp", "pin", "identitytoken", "akamai_signature", "x-jfrog-art-api",
        // What storage services echo of a request and of what they signed (REGISTRY-FACTS §5, §6).
        "argumentvalue", "stringtosign", "stringtosignbytes", "canonicalrequest", "canonicalrequestbytes",
        "signatureprovided", "headervalue", "queryparametervalue",
    ])

    private static let passwords = words(["passw", "pwd", "passphrase", "secret", "otp", "pin"])

    private static let credentialFields = words(["authorization", "cookie", "api-key", "apikey", "registry-auth"])

    private static func octets(_ names: [String]) -> [[UInt8]] { names.map { Array($0.utf8) } }

    private static func words(_ names: [String]) -> Words { Words(octets(names)) }
}
