/// Which paths carry content that a digest speaks for (REGISTRY-FACTS §1.1).
enum RegistryPath {
    /// Blobs, manifests, uploads, tags, catalogue and referrers of the distribution API.
    static func isContent(_ url: String, method: String) -> Bool {
        let path = path(of: url)
        guard path.hasPrefix("/v2/"), method != "HEAD" else { return false }
        let parts = path.split(separator: "/").dropFirst()
        guard let last = parts.last, parts.count > 1 else { return parts.first == "_catalog" }
        let before = parts.dropLast().last
        switch before {
        case "manifests", "referrers", "blobs": return parts.count > 2
        case "tags": return last == "list"
        case "uploads": return parts.dropLast(2).last == "blobs"
        default: return before == "blobs" && last == "uploads"
        }
    }

    static func path(of url: String) -> Substring {
        let octets = url.utf8
        guard let colon = octets.firstIndex(of: 0x3A), octets[colon...].starts(with: "://".utf8) else {
            return url.prefix { $0 != "?" && $0 != "#" }
        }
        let behind = octets.index(colon, offsetBy: 3)
        guard let slash = octets[behind...].firstIndex(of: 0x2F) else { return "/" }
        return url[slash...].prefix { $0 != "?" && $0 != "#" }
    }
}
