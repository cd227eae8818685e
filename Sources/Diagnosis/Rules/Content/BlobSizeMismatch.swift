import Registry
import TapeModel

/// A layer has another size than its manifest says.
///
/// ## What it means
/// The answer was whole by its own account, and longer or shorter than the descriptor. Either a cache or proxy keeps a
/// damaged copy, or what was pushed was damaged. Docker prints `filesystem layer verification failed`.
///
/// ## How to fix it
/// Fetch it past the cache; purge the copy; push the image again if the registry itself has it wrong.
enum BlobSizeMismatch: Rule {
    static let name = "blob-size-mismatch"
    static let severity = Severity.error
    static let party = Party.proxy
    static let interest = Interest.blobs
    static let symptoms = ["J02", "J03", "K03"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 200, exchange.exchange.error == nil,
            exchange.operation.endpoint == .blobGet || exchange.operation.endpoint == .storageGet,
            let digest = exchange.operation.digest ?? exchange.redirectSource?.operation.digest,
            exchange.responseField("content-encoding") == nil,
            let length = exchange.exchange.response?.body.length,
            length > 0,
            let source = window.lastEarlier(
                than: exchange, at: [.manifestGet], where: { $0.manifest?.size(of: digest) != nil }),
            let expected = source.manifest?.size(of: digest), expected != length
        else { return nil }
        let cached =
            exchange.responseField("x-cache")?.lowercased().contains("hit") == true
            || exchange.responseField("age") != nil
        return finding(
            "\(exchange.host.words.capitalizedFirst) gave \(length) octets for \(digest.short), whose manifest says "
                + "\(expected).",
            detail: cached ? "The answer came from a cache (X-Cache or Age), which likely keeps a damaged copy." : "",
            advice: cached
                ? "Purge \(exchange.url.path.quotable(120)) in the cache before \(exchange.host.authority), then pull again."
                : "Pull past any proxy to compare; if the registry itself is wrong, push the image again.",
            evidence: [Evidence(source.seq, "response.body"), Evidence(exchange.seq, "response.body")],
            subject: digest.description,
            party: cached ? .proxy : exchange.answerer?.party)
    }
}

extension Manifest {
    /// What this manifest says of the size of a blob or manifest.
    func size(of digest: Digest) -> Int64? {
        (layers + manifests + (config.map { [$0] } ?? [])).first { $0.digest == digest }?.size
    }
}
