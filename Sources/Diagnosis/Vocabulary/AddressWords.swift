/// What a host's name or address says of where it is.
enum AddressWords {
    /// An address of a private network (RFC 1918, RFC 4193, RFC 3927, loopback), or a name that no public zone can have.
    static func isPrivate(_ host: String) -> Bool {
        let parts = host.split(separator: ".").map { Int($0) }
        if parts.count == 4, let first = parts[0], let second = parts[1], parts[2] != nil, parts[3] != nil {
            return first == 10 || first == 127 || first == 192 && second == 168 || first == 169 && second == 254
                || first == 172 && (16...31).contains(second)
        }
        if host.contains(":") {
            return host.hasPrefix("fd") || host.hasPrefix("fc") || host.hasPrefix("fe80") || host == "::1"
        }
        if !host.contains(".") { return true }
        return [".local", ".internal", ".lan", ".svc", ".cluster.local", ".localdomain"].contains { host.hasSuffix($0) }
    }
}
