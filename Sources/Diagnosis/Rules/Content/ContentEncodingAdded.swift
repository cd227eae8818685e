import Registry
import TapeModel

/// A blob or manifest arrived with a content coding that somebody put on it.
///
/// ## What it means
/// Registries send layers as they were pushed, without `Content-Encoding`. A proxy or CDN has compressed this one on the way, or
/// labelled a compressed layer as coded; clients then undo it once too often or hash the wrong octets. They print
/// `gzip: invalid header` or `unexpected commit digest`.
///
/// ## How to fix it
/// Switch compression off for `/v2/` in the proxy, or bypass it.
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
        let what = exchange.operation.endpoint == .manifestGet ? "manifest" : "layer"
        return finding(
            "The \(what) of exchange \(exchange.seq) came with Content-Encoding: \(coding), which a registry does not add.",
            detail: "Its digest speaks of the octets without that coding.",
            advice: """
                Switch response compression off for /v2/ and the blob host in the proxy or CDN before \(exchange.host.authority).
                To compare: curl -sI -H 'Accept-Encoding: identity' with the same URL.
                """,
            evidence: [Evidence(exchange.seq, "response.content-encoding")], subject: exchange.host.authority)
    }
}
