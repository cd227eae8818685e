import TapeModel

/// Redirects of the recent past, each waiting for whoever follows it.
struct RedirectTable: Sendable {
    struct Entry: Sendable {
        var target: TargetURL
        var source: RedirectSource
        var client: ClientKey
        var workflow: Int?
        /// Place in the summary's list.
        var hop: Int?
    }

    /// What the redirected request is found by: where it goes, without the query that a client may write anew.
    private struct Place: Sendable, Hashable {
        var host: String
        var port: Int
        var path: String
    }

    /// A client follows at once: this is what a hundred clients have under way.
    private var entries = BoundedTable<Place, [Entry]>(limit: 512)
    /// As many clients at once may be led to one blob before the first of them is forgotten.
    private static let mostAtOnePlace = 8
    /// S3's with a session token have some two thousand octets; longer ones are decoded and not remembered.
    private static let longestURL = 4_096

    mutating func remember(_ entry: Entry, length: Int) {
        guard length <= Self.longestURL else { return }
        let place = Self.place(entry.target)
        let updated: Void? = entries.update(place) { list in
            if list.count >= Self.mostAtOnePlace { list.removeFirst() }
            list.append(entry)
        }
        if updated == nil { entries[place] = [entry] }
    }

    /// The redirect that a request follows: the same URL before one that differs in its query, the same client before
    /// another, the latest before an earlier one.
    func source(of url: TargetURL, client: ClientKey, started: Instant) -> Entry? {
        guard entries.count > 0, url.path.utf8.count > 1, let list = entries[Self.place(url)] else { return nil }
        var best: Entry?
        var bestScore = 0
        for entry in list {
            let isSame = entry.target == url
            // Without its query another client's redirect may lead to the same blob, but not this client's there.
            guard isSame || entry.client == client else { continue }
            let score =
                (isSame ? 8 : 0) + (entry.client.userAgent == client.userAgent ? 4 : 0)
                + (entry.client.address == client.address ? 2 : 0) + (entry.source.answered <= started ? 1 : 0)
            if score >= bestScore { (best, bestScore) = (entry, score) }
        }
        return best
    }

    private static func place(_ url: TargetURL) -> Place {
        Place(host: url.host, port: url.port, path: "/" + url.segments.joined(separator: "/"))
    }
}
