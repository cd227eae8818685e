/// Places that earlier exchanges named: where tokens are handed out, and where blobs lie.
///
/// What a body is decides whether it may be altered, and neither its path nor its media type is to be trusted with
/// that: a token server may call its answer `application/octet-stream`, and a storage host an image's configuration
/// `application/json`. The challenge and the redirect say it.
struct TrafficLandmarks: Sendable {
    private var tokenEndpoints: Set<String> = []
    private var blobs: Set<String> = []

    mutating func learn(_ response: ResponseHead, to request: RequestHead) {
        for name in ["www-authenticate", "proxy-authenticate"] {
            for challenge in response.fields.values(of: name) { learnRealm(challenge) }
        }
        guard (300..<400).contains(response.status), RegistryPath.isContent(request.url, method: request.method),
            let location = response.fields.first("location")
        else { return }
        // A recording of days meets many redirects; an old one has expired.
        if blobs.count >= Self.most { blobs = [] }
        blobs.insert(location)
    }

    /// Whether a registry sent its client to this URL for a blob.
    func isBlob(_ url: String) -> Bool { blobs.contains(url) }

    /// Whether this URL hands out tokens, by a challenge that was seen or by what such endpoints are called.
    func isTokenEndpoint(_ url: String) -> Bool {
        let place = Self.withoutQuery(url)
        if tokenEndpoints.contains(String(place)) { return true }
        guard let last = RegistryPath.path(of: url).split(separator: "/").last else { return false }
        return Self.words.contains(String(last).lowercasedASCII)
    }

    private static let words: Set<String> = [
        "token", "tokens", "auth", "exchange", "login", "oauth", "oauth2", "access-token", "access-tokens",
        "access_token", "session", "sessions", "signin", "authorize",
    ]

    /// `realm="…"` of a Bearer challenge (REGISTRY-FACTS §2.1).
    private mutating func learnRealm(_ challenge: String) {
        let octets = Array(challenge.utf8)
        let text = octets.span
        for index in text.indices where text.hasIgnoringCase(Self.realm, at: index) {
            let start = index + Self.realm.count
            let end = octets[start...].firstIndex { $0 == 0x22 } ?? octets.endIndex
            let url = String(decoding: octets[start..<end], as: UTF8.self)
            guard url.hasPrefix("http") else { continue }
            if tokenEndpoints.count >= Self.most { tokenEndpoints = [] }
            tokenEndpoints.insert(String(Self.withoutQuery(url)))
        }
    }

    private static let realm = Array("realm=\"".utf8)
    private static let most = 1_024

    private static func withoutQuery(_ url: String) -> Substring { url.prefix { $0 != "?" && $0 != "#" } }
}
