import TapeModel

/// Requests that were refused with 401 of late, each waiting for its retry with credentials.
struct ChallengeTable: Sendable {
    private struct Request: Sendable, Hashable {
        var method: String
        var url: TargetURL
    }

    /// A client tries again at once.
    private var entries = BoundedTable<Request, ChallengeSource>(limit: 512)
    /// Octets of URL and challenges together; what is longer is decoded and not remembered.
    private static let longest = 8_192

    mutating func remember(_ source: ChallengeSource, method: String, url: TargetURL, length: Int) {
        guard length <= Self.longest, method.utf8.count <= 32 else { return }
        entries[Request(method: method, url: url)] = source
    }

    /// The 401 that a request answers by showing credentials.
    func source(method: String, url: TargetURL, started: Instant) -> ChallengeSource? {
        guard let source = entries[Request(method: method, url: url)], source.ended <= started else { return nil }
        return source
    }

    /// The retry was let in: the next request of this kind begins anew.
    mutating func forget(method: String, url: TargetURL) {
        entries[Request(method: method, url: url)] = nil
    }
}
