import TapeModel

/// The parts of a URL reference as they were written (RFC 3986 appendix B), without its fragment.
struct URLReference {
    var scheme: ArraySlice<UInt8>?
    var authority: ArraySlice<UInt8>?
    var path: ArraySlice<UInt8>
    var query: ArraySlice<UInt8>?

    /// A colon makes a scheme only where `//` follows: `localhost:5000/app` in a `Location` is no URL of that scheme.
    init(_ text: String) {
        var rest = Array(text.utf8)[...]
        rest = rest.prefix { $0 != 0x23 }
        if let mark = rest.firstIndex(of: 0x3F) {
            query = rest[(mark + 1)...]
            rest = rest[..<mark]
        }
        if let colon = rest.firstIndex(of: 0x3A), rest[(colon + 1)...].starts(with: [0x2F, 0x2F]), colon > 0,
            rest[..<colon].allSatisfy(Self.isSchemeOctet)
        {
            scheme = rest[..<colon]
            rest = rest[(colon + 1)...]
        }
        if rest.starts(with: [0x2F, 0x2F]) {
            let behind = rest.dropFirst(2)
            let end = behind.firstIndex(of: 0x2F) ?? behind.endIndex
            authority = behind[..<end]
            rest = behind[end...]
        }
        path = rest
    }

    private static func isSchemeOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2D, 0x2E: true
        default: false
        }
    }
}

extension TargetURL {
    /// Reads an absolute URL; nothing where scheme or host are missing or the port is none.
    public init?(_ text: String) {
        let reference = URLReference(text)
        guard let scheme = reference.scheme, let authority = reference.authority else { return nil }
        self.init(Self.lowercased(scheme), authority, path: Self.rooted(reference.path), query: reference.query)
    }

    /// Reads `host:port` as a CONNECT names its target (RFC 9112 §3.2.3).
    init?(authority: String) {
        self.init("https", Array(authority.utf8)[...], path: "/", query: nil)
    }

    /// What stands for a URL that cannot be read.
    static let unreadable = TargetURL(scheme: "", host: "", port: 0, path: "/")

    /// The URL that `reference` means in an answer to a request for this one (RFC 3986 §5.2).
    ///
    /// Nothing where it cannot be read or is longer than any server takes.
    public func resolving(_ reference: String) -> TargetURL? {
        guard reference.utf8.count <= Self.longestReference else { return nil }
        let parts = URLReference(reference)
        if let authority = parts.authority {
            let scheme = parts.scheme.map(Self.lowercased) ?? self.scheme
            return TargetURL(
                scheme, authority, path: Self.withoutDots(Self.rooted(parts.path)), query: parts.query)
        }
        var result = self
        if parts.path.isEmpty {
            if let query = parts.query { result.query = Self.parameters(query) }
            return result
        }
        let path = String(decoding: parts.path, as: UTF8.self)
        if parts.path.first == 0x2F {
            result.path = Self.withoutDots(path)
        } else {
            let base = self.path.utf8.lastIndex(of: 0x2F).map { self.path[...$0] } ?? "/"
            result.path = Self.withoutDots(base + path)
        }
        result.query = parts.query.map(Self.parameters) ?? []
        return result
    }

    /// Scheme, host and port are the same (RFC 6454 §4).
    public func hasSameOrigin(as other: TargetURL) -> Bool {
        scheme == other.scheme && host == other.host && port == other.port
    }

    /// The pairs of a query or a form.
    ///
    /// A stranger may send a million of them; no registry sends more than some twenty.
    static func parameters(_ text: ArraySlice<UInt8>) -> [Parameter] {
        guard !text.isEmpty else { return [] }
        return text.split(separator: 0x26, maxSplits: mostParameters).prefix(mostParameters).map { pair in
            let equals = pair.firstIndex(of: 0x3D)
            return Parameter(
                PercentCoding.decode(pair[..<(equals ?? pair.endIndex)], plusIsSpace: true),
                equals.map { PercentCoding.decode(pair[($0 + 1)...], plusIsSpace: true) } ?? "")
        }
    }

    private static let mostParameters = 256
    private static let longestReference = 65_536

    private init?(_ scheme: String, _ authority: ArraySlice<UInt8>, path: String, query: ArraySlice<UInt8>?) {
        var rest = authority
        if let at = rest.lastIndex(of: 0x40) { rest = rest[(at + 1)...] }
        let name: ArraySlice<UInt8>
        if rest.first == 0x5B, let close = rest.firstIndex(of: 0x5D) {
            name = rest[(rest.startIndex + 1)..<close]
            rest = rest[(close + 1)...]
        } else {
            let colon = rest.firstIndex(of: 0x3A) ?? rest.endIndex
            name = rest[..<colon]
            rest = rest[colon...]
        }
        guard !name.isEmpty else { return nil }
        var port = Self.defaultPort(of: scheme)
        if rest.first == 0x3A, rest.count > 1 {
            guard let number = UInt16(String(decoding: rest.dropFirst(), as: UTF8.self)) else { return nil }
            port = Int(number)
        } else if rest.first != 0x3A, !rest.isEmpty {
            return nil
        }
        self.init(
            scheme: scheme, host: Self.lowercased(name), port: port, path: path,
            query: query.map(Self.parameters) ?? [])
    }

    private static func lowercased(_ octets: ArraySlice<UInt8>) -> String {
        String(decoding: octets, as: UTF8.self).lowercasedASCII
    }

    private static func rooted(_ path: ArraySlice<UInt8>) -> String {
        path.isEmpty ? "/" : String(decoding: path, as: UTF8.self)
    }

    /// Removes `.` and `..` segments (RFC 3986 §5.2.4); empty segments are kept, as Azure's paths have them.
    private static func withoutDots(_ path: some StringProtocol) -> String {
        let octets = Array(path.utf8)
        let isDotted = octets.split(separator: 0x2F).contains { $0 == [0x2E] || $0 == [0x2E, 0x2E] }
        guard isDotted else { return String(path) }
        var kept: [ArraySlice<UInt8>] = []
        let segments = octets.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false)
        for segment in segments {
            switch segment {
            case [0x2E]: break
            case [0x2E, 0x2E]: _ = kept.popLast()
            default: kept.append(segment)
            }
        }
        if let last = segments.last, last == [0x2E] || last == [0x2E, 0x2E] { kept.append([]) }
        return "/" + String(decoding: Array(kept.joined(separator: [0x2F])), as: UTF8.self)
    }
}
