import TapeModel

/// A URL of a trace in its parts (RFC 3986 §3), without user information.
public struct TargetURL: Sendable, Hashable {
    public struct Parameter: Sendable, Hashable {
        /// Percent-decoded.
        public var name: String
        /// Percent-decoded; a redacted value stays as it stands on the tape.
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Lower case.
    public var scheme: String
    /// Lower case, without port; IPv6 without brackets.
    public var host: String
    public var port: Int
    /// Percent-encoded, as sent; begins with a slash.
    public var path: String
    public var query: [Parameter]

    public init(scheme: String, host: String, port: Int, path: String, query: [Parameter] = []) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path
        self.query = query
    }

    /// `host`, or `host:port` where the scheme implies another port.
    public var authority: String {
        let name = host.utf8.contains(0x3A) ? "[\(host)]" : host
        return port == Self.defaultPort(of: scheme) ? name : "\(name):\(port)"
    }

    /// The first parameter called `name`, without regard to ASCII case.
    public subscript(parameter name: String) -> String? {
        query.first { $0.name.equalsIgnoringASCIICase(name) }?.value
    }

    /// Segments of the path, percent-decoded, empty ones left out; the first 256, which is more than any registry has.
    public var segments: [String] {
        Array(path.utf8).split(separator: 0x2F, maxSplits: Self.longestPath).prefix(Self.longestPath)
            .map { PercentCoding.decode($0) }
    }

    private static let longestPath = 256

    static func defaultPort(of scheme: String) -> Int { scheme == "http" ? 80 : 443 }
}
