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

    func url(method: String, target: String, host: String?) -> String {
        let lowered = target.prefix(8).lowercased()
        if lowered.hasPrefix("http://") || lowered.hasPrefix("https://") { return target }
        let authority = host.flatMap { $0.isEmpty ? nil : $0 } ?? self.authority
        if method == "CONNECT" { return target }
        if target == "*" { return "\(scheme)://\(authority)" }
        return "\(scheme)://\(authority)\(target)"
    }
}
