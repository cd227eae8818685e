import Synchronization
import TapeModel

/// Leads a client that talks to us instead of its registry back to us for tokens and blobs as well.
///
/// Everything that a response points to outside the fronted registry becomes
/// `/_regtape/host/<scheme>/<authority>/…`. Only places that a response has named can be reached that way, and
/// credentials go with the client to token servers only: to it, storage seems to be the host it is logged in to, so it
/// would send them there, and the registry's real clients do not (RFC 9110 §15.4).
struct ReverseRewriter: Sendable {
    enum Role: Sendable, Hashable {
        case realm
        case redirect
    }

    struct Destination: Sendable, Hashable {
        let scheme: String
        let authority: Authority
        /// Path and query as the origin is asked for them.
        let target: String
        let mayHaveCredentials: Bool
    }

    static let prefix = "/_regtape/host/"

    private let target: ReverseTarget
    private let places: ReversePlaces

    init(target: ReverseTarget, places: ReversePlaces) {
        self.target = target
        self.places = places
    }

    /// Where a request for `path` goes; nothing for a place that was never named.
    func destination(of path: String) -> Destination? {
        guard path.hasPrefix(Self.prefix) else {
            return Destination(
                scheme: target.scheme, authority: target.authority, target: path, mayHaveCredentials: true)
        }
        let parts = path.dropFirst(Self.prefix.count).split(
            separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2 else { return nil }
        let scheme = String(parts[0])
        guard let authority = Authority(String(parts[1]), defaultPort: scheme == "https" ? 443 : 80),
            let role = places.role(of: Self.key(scheme, authority))
        else { return nil }
        let rest = parts.count == 3 ? "/" + parts[2] : "/"
        return Destination(
            scheme: scheme, authority: authority, target: rest, mayHaveCredentials: role == .realm)
    }

    /// The response's fields as the client shall see them.
    ///
    /// `base` is our own origin as the client wrote it.
    mutating func rewrite(_ fields: [FieldLine], from source: Destination, base: String) -> [FieldLine] {
        fields.map { field in
            var field = field
            switch field.name.lowercasedASCII {
            case "location", "content-location":
                field.value = local(field.value, source, base, role: .redirect)
            case "link": field.value = rewriteLink(field.value, source, base)
            case "www-authenticate": field.value = rewriteRealm(field.value, source, base)
            default: break
            }
            return field
        }
    }

    private mutating func local(_ url: String, _ source: Destination, _ base: String, role: Role) -> String {
        if let origin = Origin(url: url) {
            if origin.scheme == target.scheme, origin.authority == target.authority {
                return base + (origin.rest.isEmpty ? "/" : origin.rest)
            }
            remember(origin.scheme, origin.authority, role)
            return base + Self.prefix + origin.scheme + "/" + origin.authority.description + origin.rest
        }
        // A path is relative to the place that named it, which for the client is below our prefix.
        guard url.hasPrefix("/"), !isTarget(source) else { return url }
        return Self.prefix + source.scheme + "/" + source.authority.description + url
    }

    private func isTarget(_ source: Destination) -> Bool {
        source.scheme == target.scheme && source.authority == target.authority
    }

    /// `<url>; rel="next"` (RFC 8288 §3).
    private mutating func rewriteLink(_ value: String, _ source: Destination, _ base: String) -> String {
        guard let open = value.firstIndex(of: "<"), let close = value[open...].firstIndex(of: ">") else { return value }
        let url = String(value[value.index(after: open)..<close])
        return value[...open] + local(url, source, base, role: .realm) + value[close...]
    }

    /// `realm="url"` of a Bearer challenge; the realm of Basic is a name and stays.
    private mutating func rewriteRealm(_ value: String, _ source: Destination, _ base: String) -> String {
        let lowered = value.lowercasedASCII
        guard let mark = Self.find("realm=\"", in: lowered) else { return value }
        let start = value.utf8.index(value.utf8.startIndex, offsetBy: mark + 7)
        guard let end = value[start...].firstIndex(of: "\"") else { return value }
        let url = String(value[start..<end])
        guard Origin(url: url) != nil else { return value }
        return value[..<start] + local(url, source, base, role: .realm) + value[end...]
    }

    private static func find(_ needle: String, in text: String) -> Int? {
        let octets = Array(text.utf8)
        let wanted = Array(needle.utf8)
        guard octets.count >= wanted.count else { return nil }
        return (0...octets.count - wanted.count).first { octets[$0...].starts(with: wanted) }
    }

    private func remember(_ scheme: String, _ authority: Authority, _ role: Role) {
        places.remember(Self.key(scheme, authority), role)
    }

    private static func key(_ scheme: String, _ authority: Authority) -> String {
        scheme + "/" + authority.description
    }
}

/// The places that responses have named, shared by all connections: a client asks for a token on another one.
final class ReversePlaces: Sendable {
    /// A registry with its token server and storage names a handful of places.
    private static let most = 1_000

    private let roles = Mutex<[String: ReverseRewriter.Role]>([:])

    func role(of key: String) -> ReverseRewriter.Role? {
        roles.withLock { $0[key] }
    }

    func remember(_ key: String, _ role: ReverseRewriter.Role) {
        roles.withLock { roles in
            // Named as a realm once, it is a token server, even where it also stores.
            guard roles[key] != .realm, roles.count < Self.most || roles[key] != nil else { return }
            roles[key] = role
        }
    }
}
