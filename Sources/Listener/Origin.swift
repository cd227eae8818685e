import TapeModel

/// Scheme and authority of an absolute URL, and what follows them (RFC 9110 §4.3.1).
package struct Origin: Sendable, Hashable {
    package let place: Place
    /// Path and query, beginning with a slash, or empty.
    package let rest: String
    /// Whether the URL named a user, which is left out here.
    package let hadUser: Bool

    /// Parses an `http` or `https` URL; nothing where it is another one, or where its authority is not what it claims.
    package init?(url: String) {
        guard let mark = url.utf8.firstIndex(of: UInt8(ascii: ":")), url[mark...].hasPrefix("://") else { return nil }
        let scheme = String(url[..<mark]).lowercasedASCII
        guard scheme == "http" || scheme == "https" else { return nil }
        let behind = url[url.index(mark, offsetBy: 3)...]
        let authorityText = behind.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        // The last `@` ends the user information; readers that take the first one end up at another host.
        let host = authorityText.lastIndex(of: "@").map { authorityText[authorityText.index(after: $0)...] }
        let text = String(host ?? authorityText).lowercasedASCII
        guard let authority = Authority(text, defaultPort: scheme == "https" ? 443 : 80) else { return nil }
        place = Place(scheme: scheme, authority: authority)
        let tail = behind[authorityText.endIndex...]
        rest = tail.isEmpty || tail.hasPrefix("/") ? String(tail) : "/" + tail
        hadUser = host != nil
    }
}
