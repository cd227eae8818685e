import TapeModel

/// Host and port of a request target or of an option (RFC 3986 §3.2), without user information.
public struct Authority: Sendable, Hashable, CustomStringConvertible {
    public let host: String
    public let port: Int

    /// Parses `host`, `host:port` or `[v6]:port`; nothing where either part is not what it claims to be.
    public init?(_ text: String, defaultPort: Int?) {
        let hostText: Substring
        let rest: Substring
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            hostText = text[text.index(after: text.startIndex)..<end]
            rest = text[text.index(after: end)...]
            guard hostText.contains(":") else { return nil }
        } else if let colon = text.lastIndex(of: ":") {
            hostText = text[..<colon]
            rest = text[colon...]
        } else {
            hostText = text[...]
            rest = ""
        }
        let portText = rest.dropFirst()
        guard rest.isEmpty || rest.hasPrefix(":"),
            rest.isEmpty || portText.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = rest.isEmpty ? defaultPort : Int(portText), (1...65_535).contains(port),
            HostName.isValid(String(hostText))
        else { return nil }
        host = String(hostText)
        self.port = port
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// As it stands in a URL or Host field of `scheme`: without the port that the scheme implies.
    public func text(in scheme: String) -> String {
        let implied = scheme == "https" ? 443 : 80
        guard port == implied else { return description }
        return host.contains(":") ? "[\(host)]" : host
    }
}
