import Registry
import TapeModel

/// A request with its meaning, as the machine looks at it.
struct Question: Sendable {
    var request: ReplayRequest
    var url: TargetURL
    var operation: Operation
    var role: HostProfile.Role
    var scheme: String
    var key: ReplayKey
    /// Virtual time.
    var now: Instant
    /// What the token says that it is for, where the host goes by that.
    var access: [TokenScope]?

    var authority: String { url.authority }
    var repository: String { operation.repository ?? "" }
    var isHead: Bool { request.method == "HEAD" }

    /// Whether the client has a content already (RFC 9110 §13.1).
    var isConditional: Bool {
        request.fields.first("if-none-match") != nil || request.fields.first("if-modified-since") != nil
    }

    /// Nothing where the URL cannot be read.
    init?(_ request: ReplayRequest, _ index: ReplayIndex, now: Instant) {
        guard request.url.utf8.count <= Self.longestURL, TargetURL(request.url) != nil else { return nil }
        let head = RequestHead(method: request.method, url: request.url, version: "", fields: request.fields)
        let meaning = index.decoder.meaning(of: head)
        self.request = request
        url = meaning.url
        operation = meaning.operation
        role = meaning.host.role
        scheme = request.scheme
        self.now = now
        key = Self.key(request, url, operation, scheme, index.matching, nil)
    }

    /// The key of a token request, whose form tells what is asked.
    func key(token: TokenRequest, _ matching: ReplayIndex.Matching) -> ReplayKey {
        Self.key(request, url, operation, scheme, matching, token)
    }

    private static func key(
        _ request: ReplayRequest, _ url: TargetURL, _ operation: Operation, _ scheme: String,
        _ matching: ReplayIndex.Matching, _ token: TokenRequest?
    ) -> ReplayKey {
        switch matching {
        case .exact:
            ReplayKey(
                exact: request.url, authority: url.authority, method: request.method, fields: request.fields,
                scheme: scheme)
        case .meaning:
            ReplayKey(operation, url, method: request.method, fields: request.fields, scheme: scheme, token: token)
        }
    }

    /// What filters of faults look at.
    var subject: FilterSubject {
        let exchange = Exchange(
            connection: 0, source: .proxy, started: now,
            request: .init(
                head: RequestHead(method: request.method, url: request.url, version: "", fields: request.fields)))
        return FilterSubject(exchange, operation: operation, authority: authority, path: url.path, role: role)
    }

    /// Servers take targets of 8 or 16 KiB.
    private static let longestURL = 65_536
}
