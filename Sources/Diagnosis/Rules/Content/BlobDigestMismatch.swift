import Registry
import TapeModel

/// A layer does not have the digest under which it was given.
///
/// ## What it means
/// The answer was whole, of the right length even, and its octets hash to something else than the digest in the URL: a cache, a
/// proxy or a disk has changed it. Docker prints `filesystem layer verification failed`, skopeo `Digest did not match`.
///
/// ## How to fix it
/// Fetch it past the cache and compare: `curl -L URL | sha256sum`. Purge the copy, or push the image again if the registry
/// itself has it wrong.
enum BlobDigestMismatch: Rule {
    static let name = "blob-digest-mismatch"
    static let severity = Severity.error
    static let party = Party.proxy
    static let interest = Interest.blobs
    static let symptoms = ["J02", "K03"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 200, exchange.exchange.error == nil,
            exchange.operation.endpoint == .blobGet || exchange.operation.endpoint == .storageGet,
            let digest = exchange.operation.digest ?? exchange.redirectSource?.operation.digest,
            digest.algorithm == "sha256", exchange.responseField("content-encoding") == nil,
            let body = exchange.exchange.response?.body, body.length > 0, !body.isRedacted, body.stored != .partial,
            let sha256 = body.sha256, sha256 != digest.hex
        else { return nil }
        // Another length is another fault, with a rule of its own.
        let source = window.lastEarlier(
            than: exchange, at: [.manifestGet], where: { $0.manifest?.size(of: digest) != nil })
        if let size = source?.manifest?.size(of: digest), size != body.length { return nil }
        let cached =
            exchange.responseField("x-cache")?.lowercased().contains("hit") == true
            || exchange.responseField("age") != nil
        return finding(
            "\(exchange.host.words.capitalizedFirst) gave content for \(digest.short) that hashes to "
                + "sha256:\(sha256.prefix(12)): something changed it on the way.",
            detail: cached ? "The answer came from a cache (X-Cache or Age), which likely keeps a damaged copy." : "",
            advice: cached
                ? "Purge \(exchange.url.path.quotable(120)) in the cache before \(exchange.host.authority), then pull again."
                : "Pull past any proxy to compare; if the registry itself is wrong, push the image again.",
            evidence: [Evidence(exchange.seq, "response.body"), Evidence(exchange.seq, "request.url")],
            subject: digest.description,
            party: cached ? .proxy : exchange.answerer?.party)
    }
}
