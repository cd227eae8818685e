/// Which paths carry content that a digest speaks for (REGISTRY-FACTS §1.1).
///
/// It is asked for every body, so it reads octets: walking a string by its characters took longer than hashing a manifest.
enum RegistryPath {
    /// Blobs, manifests, uploads, tags, catalogue and referrers of the distribution API.
    static func isContent(_ url: String, method: String) -> Bool {
        guard method != "HEAD" else { return false }
        let octets = url.utf8.span
        let path = octets.extracting(pathRange(of: octets))
        guard path.has(prefix, at: 0) else { return false }
        let end = PathEnd(path, from: prefix.count)
        guard end.count > 1 else { return end.count == 1 && path.equals(catalogue, at: end.last) }
        if digestOwners.contains(where: { path.equals($0, at: end.before) }) { return end.count > 2 }
        if path.equals(tags, at: end.before) { return path.equals(list, at: end.last) }
        return path.equals(uploads, at: end.before) && end.count > 2 && path.equals(blobs, at: end.third)
    }

    /// The path of a URL with or without an authority, without query and fragment.
    static func path(of url: String) -> Substring {
        let range = pathRange(of: url.utf8.span)
        guard !range.isEmpty else { return "/" }
        let start = url.utf8.index(url.startIndex, offsetBy: range.lowerBound)
        return url[start..<url.utf8.index(start, offsetBy: range.count)]
    }

    private static func pathRange(of url: Span<UInt8>) -> Range<Int> {
        var start = 0
        if let colon = url.first(colon, from: 0), url.has(authorityMark, at: colon) {
            start = colon + authorityMark.count
            while start < url.count, url[start] != 0x2F, !isEnd(url[start]) { start += 1 }
        }
        var end = start
        while end < url.count, !isEnd(url[end]) { end += 1 }
        return start..<end
    }

    /// Whether a query or a fragment begins here.
    private static func isEnd(_ octet: UInt8) -> Bool { octet == 0x3F || octet == 0x23 }

    private static let colon = Array(":".utf8)
    private static let authorityMark = Array("://".utf8)
    private static let prefix = Array("/v2/".utf8)
    private static let catalogue = Array("_catalog".utf8)
    private static let digestOwners = [Array("manifests".utf8), blobs, Array("referrers".utf8)]
    private static let blobs = Array("blobs".utf8)
    private static let tags = Array("tags".utf8)
    private static let list = Array("list".utf8)
    private static let uploads = Array("uploads".utf8)
}

/// The last three segments of a path, where they stand, and how many there are; empty ones do not count.
private struct PathEnd {
    private(set) var count = 0
    private(set) var last = 0..<0
    private(set) var before = 0..<0
    private(set) var third = 0..<0

    init(_ path: Span<UInt8>, from start: Int) {
        var begin = start
        for index in start..<path.count where path[index] == 0x2F {
            add(begin..<index)
            begin = index + 1
        }
        add(begin..<path.count)
    }

    private mutating func add(_ segment: Range<Int>) {
        guard !segment.isEmpty else { return }
        (third, before, last) = (before, last, segment)
        count += 1
    }
}

extension Span<UInt8> {
    fileprivate func equals(_ word: [UInt8], at range: Range<Int>) -> Bool {
        range.count == word.count && has(word, at: range.lowerBound)
    }
}
