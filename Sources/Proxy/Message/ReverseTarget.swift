import TapeModel

/// The registry that `--reverse` fronts.
public struct ReverseTarget: Sendable, Hashable {
    public let scheme: String
    public let authority: Authority

    /// Parses `https://host[:port]`; nothing where the URL is no origin.
    public init?(url: String) {
        guard let origin = Origin(url: url), origin.rest.isEmpty || origin.rest == "/" else { return nil }
        scheme = origin.scheme
        authority = origin.authority
    }
}

/// Scheme and authority of an absolute URL, and what follows them (RFC 9110 §4.3.1).
struct Origin: Sendable, Hashable {
    let scheme: String
    let authority: Authority
    /// Path and query, beginning with a slash, or empty.
    let rest: String

    init?(url: String) {
        guard let mark = url.utf8.firstIndex(of: UInt8(ascii: ":")), url[mark...].hasPrefix("://") else { return nil }
        let scheme = url[..<mark].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        let behind = url[url.index(mark, offsetBy: 3)...]
        let authorityText = behind.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let authority = Authority(String(authorityText), defaultPort: scheme == "https" ? 443 : 80) else {
            return nil
        }
        self.scheme = scheme
        self.authority = authority
        let tail = behind[authorityText.endIndex...]
        rest = tail.isEmpty || tail.hasPrefix("/") ? String(tail) : "/" + tail
    }
}
