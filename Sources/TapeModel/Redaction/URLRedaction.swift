/// Takes secrets out of URLs: user information, signatures, tokens in queries and paths (REGISTRY-FACTS §3.2, §6).
extension Masker {
    mutating func url(_ text: String) -> String {
        var text = userInformation(text)
        if let hash = text.firstIndex(of: "#") {
            let fragment = String(text[text.index(after: hash)...])
            text = text[...hash] + learn("fragment", fragment)
        }
        guard let mark = text.firstIndex(of: "?") else { return maskingLearned(path(text)) }
        let query = String(text[text.index(after: mark)...])
        return maskingLearned(path(String(text[..<mark])) + "?" + pairs(query, kind: "query"))
    }

    /// A query or a form: values of known keys stay, all others are masked.
    mutating func pairs(_ text: String, kind: String) -> String {
        text.split(separator: "&", omittingEmptySubsequences: false).map { pair in
            guard let equals = pair.firstIndex(of: "=") else {
                return QueryAllowList.keeps(PercentEncoding.decode(String(pair)))
                    ? String(pair) : learn(kind, String(pair))
            }
            let key = PercentEncoding.decode(String(pair[..<equals]))
            let value = String(pair[pair.index(after: equals)...])
            return pair[...equals] + parameter(key, value, kind: kind)
        }.joined(separator: "&")
    }

    private mutating func parameter(_ key: String, _ value: String, kind: String) -> String {
        if value.isEmpty || QueryAllowList.keeps(key) { return value }
        switch QueryAllowList.mixed(key) {
        case .credentialScope:
            let decoded = PercentEncoding.decode(value)
            let parts = decoded.split(separator: "/", maxSplits: 1)
            guard parts.count == 2 else { return learn("signature", value) }
            return learn("key", String(parts[0])) + "/" + parts[1]
        case .epochAndCode:
            guard let dash = value.firstIndex(of: "-"), value[..<dash].allSatisfy(\.isNumber) else {
                return learn("signature", value)
            }
            return value[...dash] + learn("signature", String(value[value.index(after: dash)...]))
        case nil:
            break
        }
        switch key.lowercasedASCII {
        case "_state": return uploadState(value)
        case "sig": return learn("sas", value)
        case "signature", "x-amz-signature", "x-goog-signature", "policy": return learn("signature", value)
        case "account", "username", "user": return mask("user", value.utf8)
        case "password": return learn("password", PercentEncoding.decode(value), isPassword: true)
        default: return learn(kind, value)
        }
    }

    /// distribution's upload state: 32 octets of HMAC, then JSON that says how far the upload is.
    private mutating func uploadState(_ value: String) -> String {
        guard let octets = Base64.decode(PercentEncoding.decode(value).utf8), octets.count > 32,
            case .object(let members)? = try? JSONValue(parsing: Array(octets[32...]))
        else { return learn("state", value) }
        learnOnly(value.utf8)
        let kept = members.filter { ["Name", "UUID", "Offset", "StartedAt"].contains($0.name) }
        return mask("state", value.utf8) + Base64.encodeURL(JSONValue.object(kept).serialized)
    }

    /// `user:password@` in front of a host (RFC 3986 §3.2.1).
    private mutating func userInformation(_ text: String) -> String {
        let octets = Array(text.utf8)
        guard let scheme = Self.find("://", in: octets) else { return text }
        let start = scheme + 3
        let end = octets[start...].firstIndex { $0 == 0x2F || $0 == 0x3F || $0 == 0x23 } ?? octets.endIndex
        guard let at = octets[start..<end].lastIndex(of: 0x40) else { return text }
        let user = String(decoding: octets[start..<at], as: UTF8.self)
        if let colon = user.firstIndex(of: ":") {
            learnOnly(user[user.index(after: colon)...].utf8, isPassword: true)
        }
        return String(decoding: octets[..<start], as: UTF8.self) + learn("user", user)
            + String(decoding: octets[at...], as: UTF8.self)
    }

    /// Paths in which a segment is the credential: Google's signed downloads and Quay's storage proxy.
    private mutating func path(_ text: String) -> String {
        for marker in ["/downloads/", "/_storage_proxy/"] where text.utf8.count > marker.utf8.count {
            guard marker != "/downloads/" || Self.find("/artifacts-downloads/", in: Array(text.utf8)) != nil,
                let place = Self.find(marker, in: Array(text.utf8))
            else { continue }
            let octets = Array(text.utf8)
            let start = place + marker.utf8.count
            let end = octets[start...].firstIndex(of: 0x2F) ?? octets.endIndex
            let secret = String(decoding: octets[start..<end], as: UTF8.self)
            return String(decoding: octets[..<start], as: UTF8.self) + learn("path", secret)
                + String(decoding: octets[end...], as: UTF8.self)
        }
        return text
    }

    static func find(_ needle: String, in octets: [UInt8]) -> Int? {
        let wanted = Array(needle.utf8)
        guard let first = wanted.first, octets.count >= wanted.count else { return nil }
        for index in 0...octets.count - wanted.count where octets[index] == first {
            if octets[index...].starts(with: wanted) { return index }
        }
        return nil
    }
}
