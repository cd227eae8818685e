import Registry
import TapeModel

/// A blob or manifest arrived with a content coding that somebody put on it.
///
/// ## What it means
/// Registries send layers as they were pushed, without `Content-Encoding`. A proxy or CDN has compressed this one
/// on the way, or labelled a compressed layer as coded; clients then undo it once too often or hash the wrong
/// octets. They print `gzip: invalid header` or `unexpected commit digest`.
///
/// ## How to fix it
/// Switch compression off for `/v2/` and for the blob host: with nginx `gzip off;`, with a CDN by a rule. To compare:
/// `curl -sI -H 'Accept-Encoding: identity' URL`.
enum ContentEncodingAdded: Rule {
    static let name = "content-encoding-added"
    static let severity = Severity.warning
    static let party = Party.proxy
    static let interest: Interest = [.blobs, .manifests]
    static let symptoms = ["J01"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.hasSucceeded,
            exchange.operation.endpoint == .blobGet || exchange.operation.endpoint == .storageGet
                || exchange.operation.endpoint == .manifestGet,
            let coding = exchange.responseField("content-encoding")?.lowercased(),
            coding.contains("gzip") || coding.contains("deflate") || coding == "br" || coding.contains("zstd")
        else { return nil }
        // Asked for, a client undoes it by itself, and hashes what was meant.
        let isAskedFor = exchange.requestField("accept-encoding").map { $0.lowercased().contains(coding) } ?? false
        let what = exchange.operation.endpoint == .manifestGet ? "manifest" : "layer"
        return finding(
            "\(exchange.host.words.capitalizedFirst) sent a \(what) with Content-Encoding: \(coding.quotable(40)), which registries do not add.",
            detail: "Its digest speaks of the octets without that coding.",
            advice: """
                Switch response compression off for /v2/ and the blob host in the proxy or CDN before \(exchange.host.authority).
                See whether it goes away: `curl -sI -H 'Accept-Encoding: identity' \(exchange.url.scheme)://\(exchange.url.authority)\(exchange.url.path.quotable(200))`
                """,
            evidence: [Evidence(exchange.seq, "response.content-encoding")], subject: exchange.host.authority,
            severity: isAskedFor ? .note : .warning)
    }
}
