/// Takes secrets out of header and trailer sections, field by field.
extension Masker {
    mutating func fields(_ lines: [FieldLine]) -> [FieldLine] {
        var lines = lines
        for index in lines.indices {
            let value = lines[index].value
            guard !value.isEmpty else { continue }
            lines[index].value = field(lines[index].name.lowercasedASCII, value)
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
        case "www-authenticate", "proxy-authenticate": return maskingLearned(challenge(value))
        case "docker-ratelimit-source": return mask("source", value.utf8)
        default: return FieldAllowList.keeps(name) ? maskingLearned(value) : learn("field", value)
        }
    }

    /// `<url>; rel="next"` (RFC 8288 §3).
    private mutating func link(_ value: String) -> String {
        guard let open = value.firstIndex(of: "<"), let close = value[open...].firstIndex(of: ">") else {
            return learn("field", value)
        }
        return value[...open] + url(String(value[value.index(after: open)..<close])) + value[close...]
    }

    /// Challenges are what diagnosis lives on; only Azure's names a tenant, in the path of a URL.
    private func challenge(_ value: String) -> String {
        let octets = Array(value.utf8)
        guard let place = Self.find("authorization_uri=", in: octets) else { return value }
        let start = place + "authorization_uri=".utf8.count
        let end = octets[start...].firstIndex { $0 == 0x20 || $0 == 0x2C } ?? octets.endIndex
        return String(decoding: octets[..<start], as: UTF8.self) + mask("tenant", octets[start..<end])
            + String(decoding: octets[end...], as: UTF8.self)
    }
}
