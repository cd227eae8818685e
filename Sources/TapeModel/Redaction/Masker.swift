/// Makes `‹kind:pseudonym›` out of secrets, and remembers them.
struct Masker: Sendable {
    private let pseudonym: @Sendable ([UInt8]) -> String
    private(set) var learned = LearnedSecrets()
    /// Masked credentials by what was sent: a client repeats its token with each request.
    private var credentials: [String: String] = [:]
    private var forgettings = 0
    /// Lines of header sections that were looked through and hold nothing.
    var harmless = HarmlessLines()

    init(pseudonym: @escaping @Sendable ([UInt8]) -> String) {
        self.pseudonym = pseudonym
    }

    func mask(_ kind: String, _ secret: some Collection<UInt8>) -> String {
        secret.isEmpty ? "" : "‹\(kind):\(pseudonym(Array(secret)))›"
    }

    /// Masks a secret in its proper place and knows it from then on, however it is spelled.
    mutating func learn(_ kind: String, _ secret: String, isPassword: Bool = false) -> String {
        learnOnly(secret.utf8, isPassword: isPassword)
        return mask(kind, secret.utf8)
    }

    mutating func learnOnly(_ secret: some Collection<UInt8>, isPassword: Bool = false) {
        let octets = Array(secret)
        learned.learn(octets, isPassword: isPassword)
        // Padding is lost on the way to many an error page.
        if octets.last == 0x3D { learned.learn(octets[..<(octets.lastIndex { $0 != 0x3D } ?? 0)]) }
        if isPassword {
            for variant in SecretVariants.of(octets) { learned.learn(variant, isPassword: true) }
        } else if octets.contains(0x25) {
            learned.learn(PercentEncoding.decode(String(decoding: octets, as: UTF8.self)).utf8)
        }
    }

    /// Masks a value that is only not known to be harmless.
    ///
    /// It is known again elsewhere where its name or its look says that it is a credential: a digest or a host name in
    /// a field that nobody has heard of must not be blotted out of every URL.
    mutating func maskValue(_ kind: String, name: String, _ value: String) -> String {
        if SecretNames.contains(name.utf8) || Self.looksRandom(value) { learnOnly(value.utf8) }
        return mask(kind, value.utf8)
    }

    private static func looksRandom(_ value: String) -> Bool {
        guard value.utf8.count >= 16 else { return false }
        var kinds: (small: Bool, capital: Bool, digit: Bool) = (false, false, false)
        for octet in value.utf8 {
            switch octet {
            case 0x30...0x39: kinds.digit = true
            case 0x41...0x5A: kinds.capital = true
            case 0x61...0x7A: kinds.small = true
            default: guard octet.isCredentialOctet else { return false }
            }
        }
        return kinds.small && kinds.capital && kinds.digit
    }

    // MARK: Text

    /// Text of any kind with what is known, and what has the shape of a secret, masked; nothing where there is neither.
    func masked(_ text: Span<UInt8>) -> [UInt8]? {
        let spans = SecretSpan.merged(SecretScan.spans(in: text) + learned.spans(in: text))
        guard !spans.isEmpty else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var copied = 0
        for span in spans {
            for index in copied..<span.range.lowerBound { result.append(text[index]) }
            result += Array(mask(span.kind, text.octets(span.range)).utf8)
            copied = span.range.upperBound
        }
        for index in copied..<text.count { result.append(text[index]) }
        return result
    }

    func masked(_ text: String) -> String {
        guard let masked = masked(text.utf8.span) else { return text }
        return String(decoding: masked, as: UTF8.self)
    }

    func text(_ octets: [UInt8]) -> [UInt8] { masked(octets.span) ?? octets }

    // MARK: Credentials

    /// Names of authentication schemes (IANA's registry, and those of storage services).
    ///
    /// What is not one of them may be the token itself.
    private static let schemes: Set<String> = [
        "basic", "bearer", "digest", "negotiate", "ntlm", "token", "apikey", "hoba", "mutual", "dpop", "gnap", "oauth",
        "scram-sha-1", "scram-sha-256", "vapid", "aws4-hmac-sha256", "aws", "sharedkey", "sharedkeylite", "goog",
        "privatetoken", "jwt",
    ]

    /// `Scheme credentials` (RFC 9110 §11.4): the scheme stays.
    mutating func authorization(_ value: String) -> String {
        if learned.forgettings != forgettings {
            credentials = [:]
            forgettings = learned.forgettings
        }
        if let known = credentials[value] { return known }
        let masked = maskedCredentials(value)
        // A handful of clients; a peer that sends another one each time must not fill the memory.
        if credentials.count >= 64 { credentials = [:] }
        credentials[value] = masked
        return masked
    }

    private mutating func maskedCredentials(_ value: String) -> String {
        let octets = Array(value.utf8)
        // Parts of what has no proper form are known too: `Bearer:x`, `Bearer a, Basic b`.
        for part in octets.split(whereSeparator: { !$0.isCredentialOctet && $0 != 0x3A }) where part.count >= 8 {
            learnOnly(part)
            for piece in part.split(separator: 0x3A) where piece.count >= 12 { learnOnly(piece) }
            learnBasic(part)
        }
        guard let gap = octets.firstIndex(where: { $0 == 0x20 || $0 == 0x09 }), gap > 0,
            Self.schemes.contains(String(decoding: octets[..<gap], as: UTF8.self).lowercasedASCII)
        else { return learn("credentials", value) }
        let scheme = String(decoding: octets[..<gap], as: UTF8.self)
        let rest = String(decoding: octets[gap...].drop { $0 == 0x20 || $0 == 0x09 }, as: UTF8.self)
        switch scheme.lowercasedASCII {
        case "basic":
            learnBasic(rest.utf8)
            return "\(scheme) " + learn("basic", rest)
        case "bearer":
            return "\(scheme) " + token("bearer", rest)
        default:
            return "\(scheme) " + learn("credentials", rest)
        }
    }

    /// Knows user and password of a Basic credential, also in the other alphabet of Base64.
    private mutating func learnBasic(_ credentials: some Collection<UInt8>) {
        guard let pair = Base64.decode(credentials), let colon = pair.firstIndex(of: 0x3A) else { return }
        learnOnly(pair)
        learnOnly(Base64.encodeURL(pair).utf8)
        learnOnly(pair[(colon + 1)...], isPassword: true)
    }

    /// `X-Registry-Auth`: Base64 of JSON that names user and password (Docker Engine API).
    mutating func registryAuthorization(_ value: String) -> String {
        if let octets = Base64.decode(value.utf8), let json = try? JSONValue(parsing: octets) { learnMembers(of: json) }
        return learn("credentials", value)
    }

    private mutating func learnMembers(of value: JSONValue) {
        for member in value.members ?? [] {
            if SecretNames.contains(member.name.utf8), let secret = member.value.string {
                learnOnly(secret.utf8, isPassword: true)
                learnBasic(secret.utf8)
            }
            learnMembers(of: member.value)
        }
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
}
