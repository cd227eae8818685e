/// Takes secrets out of URLs: user information, signatures, tokens in queries and paths (REGISTRY-FACTS §3.2, §6).
extension Masker {
    mutating func url(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x3F || $0 == 0x23 || $0 == 0x40 }) else { return masked(path(text)) }
        var text = userInformation(text)
        var fragment = ""
        if let hash = text.utf8.firstIndex(of: 0x23) {
            fragment = "#" + maskValue("fragment", name: "", String(text[text.index(after: hash)...]))
            text = String(text[..<hash])
        }
        guard let mark = text.utf8.firstIndex(of: 0x3F) else { return masked(path(text)) + fragment }
        let query = String(text[text.index(after: mark)...])
        return masked(path(String(text[..<mark])) + "?" + pairs(query, kind: "query")) + fragment
    }

    /// A query or a form: values of known keys stay, all others are masked.
    ///
    /// Semicolons separate as well, as they once did in HTML: else a known key would carry an unknown one along.
    mutating func pairs(_ text: String, kind: String) -> String {
        var result = ""
        var rest = text[...]
        while true {
            let end = rest.utf8.firstIndex { $0 == 0x26 || $0 == 0x3B } ?? rest.endIndex
            result += pair(rest[..<end], kind: kind)
            guard end < rest.endIndex else { return result }
            result.append(rest[end])
            rest = rest[rest.index(after: end)...]
        }
    }

    private mutating func pair(_ pair: Substring, kind: String) -> String {
        guard let equals = pair.utf8.firstIndex(of: 0x3D) else {
            return QueryAllowList.keeps(PercentEncoding.decode(String(pair)))
                ? String(pair) : maskValue(kind, name: "", String(pair))
        }
        let key = PercentEncoding.decode(String(pair[..<equals]))
        let value = String(pair[pair.index(after: equals)...])
        // What is longer than any parameter's name, or made of other characters, is no name.
        let isName = key.utf8.count <= 64 && key.utf8.allSatisfy { $0.isTokenOctet || "[]$:".utf8.contains($0) }
        let shown = isName ? String(pair[...equals]) : mask(kind, pair[..<equals].utf8) + "="
        return shown + parameter(key, value, kind: kind)
    }

    private mutating func parameter(_ key: String, _ value: String, kind: String) -> String {
        if value.isEmpty || QueryAllowList.keeps(key) { return value }
        switch QueryAllowList.mixed(key) {
        case .credentialScope:
            let decoded = PercentEncoding.decode(value)
            let parts = decoded.split(separator: "/", maxSplits: 1)
            guard parts.count == 2, Self.isCredentialScope(parts[1]) else { return learn("signature", value) }
            return learn("key", String(parts[0])) + "/" + parts[1]
        case .epochAndCode:
            guard let dash = value.firstIndex(of: "-"), value[..<dash].utf8.allSatisfy({ (0x30...0x39).contains($0) })
            else { return learn("signature", value) }
            return value[...dash] + learn("signature", String(value[value.index(after: dash)...]))
        case nil:
            break
        }
        switch key.lowercasedASCII {
        case "_state": return uploadState(value)
        case "sig": return learn("sas", value)
        case "signature", "x-amz-signature", "x-goog-signature", "policy": return learn("signature", value)
        case "account", "username", "user": return mask("user", value.utf8)
        case "password", "client_secret", "passwd":
            return learn("password", PercentEncoding.decode(value), isPassword: true)
        default: return maskValue(kind, name: key, value)
        }
    }

    /// `<date>/<region>/<service>/<aws4_request>`: helps to find a wrong region, and holds nothing else.
    private static func isCredentialScope(_ scope: Substring) -> Bool {
        let parts = scope.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0].utf8.count == 8
            && parts[0].utf8.allSatisfy { (0x30...0x39).contains($0) } && parts[3].hasSuffix("_request")
            && scope.utf8.count <= 80
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

    /// `user:password@` in front of a host (RFC 3986 §3.2.1), with a scheme or without.
    private mutating func userInformation(_ text: String) -> String {
        let octets = Array(text.utf8)
        guard let slashes = octets.span.first([0x2F, 0x2F], from: 0) else { return text }
        let start = slashes + 2
        let end = octets[start...].firstIndex { $0 == 0x2F || $0 == 0x3F || $0 == 0x23 } ?? octets.endIndex
        guard let at = octets[start..<end].lastIndex(of: 0x40) else { return text }
        let user = String(decoding: octets[start..<at], as: UTF8.self)
        if let colon = user.firstIndex(of: ":") {
            let password = PercentEncoding.decode(String(user[user.index(after: colon)...]))
            learnOnly(password.utf8, isPassword: true)
        }
        return String(decoding: octets[..<start], as: UTF8.self) + learn("user", user)
            + String(decoding: octets[at...], as: UTF8.self)
    }

    /// Paths in which a segment is the credential: Google's signed downloads and Quay's storage proxy.
    private mutating func path(_ text: String) -> String {
        let octets = Array(text.utf8)
        let start: Int
        if let place = octets.span.first(Self.quayProxy, from: 0) {
            start = place + Self.quayProxy.count
        } else if octets.span.first(Self.googleArtifacts, from: 0) != nil,
            let place = octets.span.first(Self.googleDownloads, from: 0)
        {
            start = place + Self.googleDownloads.count
        } else {
            return text
        }
        let end = octets[start...].firstIndex(of: 0x2F) ?? octets.endIndex
        return String(decoding: octets[..<start], as: UTF8.self)
            + learn("path", String(decoding: octets[start..<end], as: UTF8.self))
            + String(decoding: octets[end...], as: UTF8.self)
    }

    private static let quayProxy = Array("/_storage_proxy/".utf8)
    private static let googleArtifacts = Array("/artifacts-downloads/".utf8)
    private static let googleDownloads = Array("/downloads/".utf8)
}
