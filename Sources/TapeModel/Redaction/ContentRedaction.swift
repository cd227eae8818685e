/// Takes secrets out of contents that were held back: JSON, forms, XML, HTML and any other text.
extension Masker {
    mutating func content(_ octets: [UInt8], type: String?) -> [UInt8] {
        if type?.lowercasedASCII.hasPrefix("application/x-www-form-urlencoded") == true {
            return Array(pairs(String(decoding: octets, as: UTF8.self), kind: "form").utf8)
        }
        if let value = try? JSONValue(parsing: octets), value.members != nil || value.array != nil {
            let redacted = json(value)
            // What holds no secret stays as it was sent, octet for octet.
            return redacted == value ? octets : redacted.serialized
        }
        return text(octets)
    }

    private mutating func json(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members):
            return .object(
                members.map { member in
                    guard Self.isSecret(member.name), case .string(let secret) = member.value else {
                        return .init(member.name, json(member.value))
                    }
                    return .init(member.name, .string(token(Self.kind(of: member.name), secret)))
                })
        case .array(let elements): return .array(elements.map { json($0) })
        case .string(let string):
            return .string(String(decoding: text(Array(string.utf8)), as: UTF8.self))
        case .null, .bool, .number: return value
        }
    }

    private static let secretNames: Set<String> = [
        "token", "access_token", "refresh_token", "id_token", "identitytoken", "registrytoken", "authorizationtoken",
        "password", "secret", "auth", "client_secret", "assertion", "api_key", "apikey", "session_token",
        "sessiontoken", "secretaccesskey", "secret_access_key", "credential", "credentials", "authorization",
    ]

    private static func isSecret(_ name: String) -> Bool { secretNames.contains(name.lowercasedASCII) }

    private static func kind(of name: String) -> String {
        let name = name.lowercasedASCII
        if name.hasPrefix("refresh") { return "refresh" }
        return name == "password" ? "password" : "token"
    }

    /// Text of any kind: known secrets, and what has the shape of one.
    func text(_ octets: [UInt8]) -> [UInt8] {
        var octets = octets
        for element in Self.secretElements { octets = maskElement(element, in: octets) }
        octets = maskJWTs(in: octets)
        for marker in Self.markers { octets = maskBehind(marker, in: octets) }
        return learned.masking(octets, { mask("secret", $0) }) ?? octets
    }

    /// XML elements in which storage services echo credentials or what they signed (REGISTRY-FACTS §5, §6).
    private static let secretElements = [
        "ArgumentValue", "StringToSign", "StringToSignBytes", "CanonicalRequest", "CanonicalRequestBytes",
        "SignatureProvided", "AWSAccessKeyId", "AuthenticationErrorDetail",
    ]

    private static let markers = [
        "Bearer ", "bearer ", "Basic ", "basic ", "sig=", "Signature=", "signature=", "password=", "token=",
    ]

    private func maskElement(_ name: String, in octets: [UInt8]) -> [UInt8] {
        guard let open = Self.find("<\(name)>", in: octets) else { return octets }
        let start = open + name.utf8.count + 2
        let rest = Array(octets[start...])
        guard let length = Self.find("</\(name)>", in: rest), length > 0 else { return octets }
        return octets[..<start] + Array(mask("element", rest[..<length]).utf8) + rest[length...]
    }

    /// The word behind a marker, where it is long enough to be a credential and not prose.
    private func maskBehind(_ marker: String, in octets: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var rest = octets[...]
        while let place = Self.find(marker, in: Array(rest)) {
            let start = rest.startIndex + place + marker.utf8.count
            let end = rest[start...].firstIndex { !Self.isCredentialOctet($0) } ?? rest.endIndex
            result += rest[..<start]
            let word = rest[start..<end]
            result += word.count >= 8 ? Array(mask("secret", word).utf8) : Array(word)
            rest = rest[end...]
        }
        return result + rest
    }

    private func maskJWTs(in octets: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var rest = octets[...]
        while let place = Self.find("eyJ", in: Array(rest)) {
            let start = rest.startIndex + place
            let end = rest[start...].firstIndex { !Self.isTokenOctet($0) } ?? rest.endIndex
            result += rest[..<start]
            let word = rest[start..<end]
            let isToken = word.count >= 30 && word.count(where: { $0 == 0x2E }) == 2
            result += isToken ? Array(mask("jwt", word).utf8) : Array(word)
            rest = rest[end...]
        }
        return result + rest
    }

    private static func isTokenOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }

    private static func isCredentialOctet(_ octet: UInt8) -> Bool {
        isTokenOctet(octet) || [0x2B, 0x2F, 0x3D, 0x7E, 0x25].contains(octet)
    }
}
