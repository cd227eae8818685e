/// Takes secrets out of contents that were held back: JSON, forms, XML, HTML and any other text.
extension Masker {
    /// The content to keep; nothing where it cannot be looked through and so may not be kept.
    ///
    /// `isTokenAnswer` says that the content hands out a credential: then only what is known to be harmless stays.
    mutating func content(_ octets: [UInt8], type: String?, isTokenAnswer: Bool) -> [UInt8]? {
        let type = type?.lowercasedASCII ?? ""
        // UTF-16 and other text with octets of zero would hide everything; parts of a form have their names elsewhere.
        guard !octets.contains(0), !type.hasPrefix("multipart/") else { return nil }
        if type.hasPrefix("application/x-www-form-urlencoded") || isForm(octets) {
            return Array(pairs(String(decoding: octets, as: UTF8.self), kind: "form").utf8)
        }
        if let value = try? JSONValue(parsing: octets), value.members != nil || value.array != nil {
            let redacted = isTokenAnswer ? tokenAnswer(value) : json(value, isSecret: false)
            // What holds no secret stays as it was sent, octet for octet.
            return redacted == value ? octets : redacted.serialized
        }
        return isTokenAnswer ? nil : text(octets)
    }

    /// Whether the octets are one line of `name=value&…`, whatever they were called.
    private func isForm(_ octets: [UInt8]) -> Bool {
        guard let equals = octets.firstIndex(of: 0x3D), equals > 0,
            octets[..<equals].allSatisfy({ $0.isTokenOctet || $0 == 0x25 })
        else { return false }
        return octets.allSatisfy { $0.isCredentialOctet || "&*:,@!$'();".utf8.contains($0) }
    }

    // MARK: JSON

    private mutating func json(_ value: JSONValue, isSecret: Bool) -> JSONValue {
        switch value {
        case .object(let members):
            return .object(
                members.map { member in
                    let name = member.name
                    return .init(name, json(member.value, isSecret: isSecret || SecretNames.contains(name.utf8), name))
                })
        case .array(let elements): return .array(elements.map { json($0, isSecret: isSecret) })
        default: return json(value, isSecret: isSecret, "")
        }
    }

    private mutating func json(_ value: JSONValue, isSecret: Bool, _ name: String) -> JSONValue {
        switch value {
        case .string(let string):
            if isSecret { return .string(token(Self.kind(of: name), string)) }
            return .string(masked(string))
        case .number(let digits) where isSecret && SecretNames.isPassword(name.utf8):
            return .string(mask("number", digits.utf8))
        case .object, .array: return json(value, isSecret: isSecret)
        case .null, .bool, .number: return value
        }
    }

    /// The answer of a token endpoint: members that RFC 6749 §5 and the registries define stay, all others go.
    private mutating func tokenAnswer(_ value: JSONValue) -> JSONValue {
        guard case .object(let members) = value else { return json(value, isSecret: true) }
        return .object(
            members.map { member in
                let isHarmless = Self.harmlessMembers.contains(member.name.lowercasedASCII)
                return .init(member.name, json(member.value, isSecret: !isHarmless, member.name))
            })
    }

    private static let harmlessMembers: Set<String> = [
        "expires_in", "expires_on", "ext_expires_in", "not_before", "issued_at", "token_type", "scope", "resource",
        "service", "error", "error_description", "error_uri", "error_codes", "errors", "code", "message", "detail",
        "details", "timestamp", "trace_id", "correlation_id", "suberror", "requestid", "status",
    ]

    private static func kind(of name: String) -> String {
        let name = name.lowercasedASCII
        if name.hasPrefix("refresh") { return "refresh" }
        return SecretNames.isPassword(name.utf8) ? "password" : "token"
    }
}
