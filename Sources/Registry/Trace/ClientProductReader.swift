import TapeModel

extension ClientProduct {
    /// Reads `User-Agent` (RFC 9110 §10.1.5; REGISTRY-FACTS.md §7.1); nothing where it is empty.
    init?(userAgent: String) {
        let text =
            userAgent.utf8.count <= Self.longest
            ? userAgent : String(decoding: userAgent.utf8.prefix(Self.longest), as: UTF8.self)
        let octets = Array(text.utf8)
        let first = octets.drop { $0 == 0x20 }.prefix { $0 != 0x20 && $0 != 0x28 }
        guard !first.isEmpty else { return nil }
        let slash = first.firstIndex(of: 0x2F)
        let product = String(decoding: first[..<(slash ?? first.endIndex)], as: UTF8.self).lowercasedASCII
        var version = slash.map { String(decoding: first[($0 + 1)...], as: UTF8.self) }
        if version == nil {
            // jib writes `jib 2.5.2 …`.
            let second = octets[first.endIndex...].drop { $0 == 0x20 }.prefix { $0 != 0x20 }
            if let digit = second.first, (0x30...0x39).contains(digit) {
                version = String(decoding: second, as: UTF8.self)
            }
        }
        if let written = version, written.utf8.first == 0x76, let digit = written.utf8.dropFirst().first,
            (0x30...0x39).contains(digit)
        {
            version = String(written.dropFirst())
        }
        self.init(
            name: Self.names[product] ?? product, version: version?.isEmpty == false ? version : nil, userAgent: text)
    }

    /// Real ones, a daemon's with its caller's inside, have some two hundred octets.
    private static let longest = 1_024

    /// Products that people know by another name.
    private static let names = [
        "libpod": "podman", "docker-client": "docker", "azurecli": "azure-cli", "containers": "containers/image",
    ]
}
