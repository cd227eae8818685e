import TapeModel

/// What completes a request target to the target URI when the request itself does not (RFC 9112 §3.3).
struct RequestOrigin: Sendable, Hashable {
    let scheme: String
    let authority: String

    init(scheme: String, authority: String) {
        self.scheme = scheme
        // The port that a scheme implies is left out, so that URLs of one place compare equal.
        let implied = scheme == "https" ? ":443" : ":80"
        self.authority = authority.hasSuffix(implied) ? String(authority.dropLast(implied.count)) : authority
    }

    /// The target URI.
    ///
    /// A target or Host that could make the URI speak of another place does not: the authority is then that of the
    /// connection, and the target stands behind a slash.
    func url(method: String, target: String, host: String?) -> String {
        if method == "CONNECT" || Self.isAbsolute(target) { return target }
        let authority = host.flatMap { Self.isAuthority($0) ? $0 : nil } ?? self.authority
        if target == "*" { return "\(scheme)://\(authority)" }
        return "\(scheme)://\(authority)\(target.utf8.first == UInt8(ascii: "/") ? "" : "/")\(target)"
    }

    /// Whether a target is in origin, absolute, authority or asterisk form (RFC 9112 §3.2).
    static func isWellFormed(target: String, method: String) -> Bool {
        if target.utf8.first == UInt8(ascii: "/") { return method != "CONNECT" }
        if method == "CONNECT" { return isAuthority(target) }
        return isAbsolute(target) || (target == "*" && method == "OPTIONS")
    }

    private static func isAbsolute(_ target: String) -> Bool {
        guard target.utf8.first != UInt8(ascii: "/"), let colon = target.utf8.firstIndex(of: Octets.colon) else {
            return false
        }
        let scheme = target.utf8[..<colon]
        let isScheme = scheme.allSatisfy { octet in
            (0x61...0x7A).contains(octet | 0x20) || (0x30...0x39).contains(octet) || [0x2B, 0x2D, 0x2E].contains(octet)
        }
        return isScheme && !scheme.isEmpty && target.utf8[colon...].starts(with: "://".utf8)
    }

    /// Whether text can be host and port without changing what the rest of a URI means (RFC 3986 §3.2).
    private static func isAuthority(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { octet in
                switch octet {
                case 0x21, 0x24...0x2E, 0x30...0x3B, 0x3D, 0x41...0x5B, 0x5D, 0x5F, 0x61...0x7A, 0x7E: true
                default: false
                }
            }
    }
}
