/// Takes secrets out of header and trailer sections, field by field.
extension Masker {
    mutating func fields(_ lines: [FieldLine]) -> [FieldLine] {
        var lines = lines
        for index in lines.indices {
            let value = lines[index].value
            guard !value.isEmpty else { continue }
            // Most lines are those of the message before.
            if harmless.contains(lines[index], after: learned.learnings) { continue }
            lines[index].value = field(lines[index].name.lowercasedASCII, value)
            if lines[index].value == value { harmless.insert(lines[index], after: learned.learnings) }
        }
        return lines
    }

    private mutating func field(_ name: String, _ value: String) -> String {
        switch name {
        case "authorization", "proxy-authorization": return authorization(value)
        case "cookie": return cookies(value)
        case "set-cookie": return setCookie(value)
        case "location", "content-location", "referer", "refresh", "x-original-url": return url(value)
        case "link": return link(value)
        case "www-authenticate", "proxy-authenticate": return masked(challenge(value))
        case "docker-ratelimit-source": return mask("source", value.utf8)
        case "x-registry-auth", "x-registry-config": return registryAuthorization(value)
        default:
            return FieldAllowList.keeps(name, value: value.utf8) ? masked(value) : maskValue("field", name: name, value)
        }
    }

    /// `<url>; rel="next", <url>; …` (RFC 8288 §3).
    private mutating func link(_ value: String) -> String {
        var result = ""
        var rest = value[...]
        while let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
            result += rest[...open] + url(String(rest[rest.index(after: open)..<close])) + ">"
            rest = rest[rest.index(after: close)...]
        }
        guard !result.isEmpty, !rest.contains("<") else { return maskValue("field", name: "link", value) }
        return masked(result + rest)
    }

    /// Challenges are what diagnosis lives on; only Azure's names a tenant, in the path of a URL.
    private func challenge(_ value: String) -> String {
        let octets = Array(value.utf8)
        guard let place = octets.span.first(Self.tenantMarker, from: 0) else { return value }
        let start = place + Self.tenantMarker.count
        let end = octets[start...].firstIndex { $0 == 0x20 || $0 == 0x2C } ?? octets.endIndex
        return String(decoding: octets[..<start], as: UTF8.self) + mask("tenant", octets[start..<end])
            + String(decoding: octets[end...], as: UTF8.self)
    }

    private static let tenantMarker = Array("authorization_uri=".utf8)
}
