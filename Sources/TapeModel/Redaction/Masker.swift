/// Makes `‹kind:pseudonym›` out of secrets, and remembers them.
struct Masker: Sendable {
    private let pseudonym: @Sendable ([UInt8]) -> String
    private(set) var learned = LearnedSecrets()

    init(pseudonym: @escaping @Sendable ([UInt8]) -> String) {
        self.pseudonym = pseudonym
    }

    func mask(_ kind: String, _ secret: some Collection<UInt8>) -> String {
        secret.isEmpty ? "" : "‹\(kind):\(pseudonym(Array(secret)))›"
    }

    /// Masks a secret in its proper place and knows it from then on.
    mutating func learn(_ kind: String, _ secret: String, isPassword: Bool = false) -> String {
        learned.learn(secret.utf8, isPassword: isPassword)
        let decoded = PercentEncoding.decode(secret)
        if decoded != secret { learned.learn(decoded.utf8, isPassword: isPassword) }
        return mask(kind, secret.utf8)
    }

    mutating func learnOnly(_ secret: some Collection<UInt8>, isPassword: Bool = false) {
        learned.learn(secret, isPassword: isPassword)
    }

    /// Text with the secrets that are known already masked; the same text where there are none.
    func maskingLearned(_ text: String) -> String {
        guard !learned.isEmpty, let masked = learned.masking(Array(text.utf8), { mask("secret", $0) }) else {
            return text
        }
        return String(decoding: masked, as: UTF8.self)
    }

    // MARK: Credentials

    /// `Scheme credentials` (RFC 9110 §11.4): the scheme stays.
    mutating func authorization(_ value: String) -> String {
        guard let space = value.firstIndex(of: " ") else { return value.isEmpty ? value : learn("credentials", value) }
        let scheme = value[..<space]
        let credentials = String(value[space...].drop { $0 == " " })
        switch scheme.lowercased() {
        case "basic":
            learnBasic(credentials)
            return "\(scheme) " + learn("basic", credentials)
        case "bearer":
            return "\(scheme) " + token("bearer", credentials)
        default:
            return "\(scheme) " + learn("credentials", credentials)
        }
    }

    private mutating func learnBasic(_ credentials: String) {
        guard let pair = Base64.decode(credentials.utf8) else { return }
        learnOnly(pair)
        if let colon = pair.firstIndex(of: 0x3A) { learnOnly(pair[(colon + 1)...], isPassword: true) }
    }

    /// A token: a JWT keeps what diagnosis needs of header and claims and loses its signature, anything else goes whole.
    mutating func token(_ kind: String, _ text: String) -> String {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].hasPrefix("eyJ"),
            let header = Base64.decode(parts[0].utf8).flatMap({ try? JSONValue(parsing: $0) })?.members,
            let claims = Base64.decode(parts[1].utf8).flatMap({ try? JSONValue(parsing: $0) })?.members
        else { return learn(kind, text) }
        learnOnly(text.utf8)
        learnOnly(parts[2].utf8)
        let keptHeader = header.filter { ["alg", "typ", "kid"].contains($0.name) }
        let keptClaims = claims.map { claim in JSONValue.Member(claim.name, keep(claim)) }
        return Base64.encodeURL(JSONValue.object(keptHeader).serialized) + "."
            + Base64.encodeURL(JSONValue.object(keptClaims).serialized) + "." + mask("jwt", parts[2].utf8)
    }

    private func keep(_ claim: JSONValue.Member) -> JSONValue {
        switch claim.name {
        case "iss", "aud", "exp", "nbf", "iat", "access", "grant_type", "scope", "typ", "version": return claim.value
        default: break
        }
        // An empty subject means anonymous, which is half of many diagnoses.
        if case .string("") = claim.value { return claim.value }
        return .string(mask("claim", claim.value.serialized))
    }

    /// `name=value; …`: names stay.
    mutating func cookies(_ value: String) -> String {
        value.split(separator: ";", omittingEmptySubsequences: false).map { pair in
            guard let equals = pair.firstIndex(of: "=") else { return learn("cookie", String(pair)) }
            return pair[...equals] + learn("cookie", String(pair[pair.index(after: equals)...]))
        }.joined(separator: ";")
    }

    /// `name=value; attributes` (RFC 6265 §4.1.1): name and attributes stay.
    mutating func setCookie(_ value: String) -> String {
        let parts = value.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
        guard let pair = parts.first, let equals = pair.firstIndex(of: "=") else { return learn("cookie", value) }
        let attributes = parts.count == 2 ? ";" + parts[1] : ""
        return pair[...equals] + learn("cookie", String(pair[pair.index(after: equals)...])) + attributes
    }
}
