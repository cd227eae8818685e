import Registry
import TapeModel

/// What was uploaded does not have the digest that was claimed.
///
/// ## What it means
/// 400 `DIGEST_INVALID`, `provided digest did not match uploaded content`: octets changed on the way, some are
/// missing, or the layer was compressed again after its digest was taken.
///
/// ## How to fix it
/// Compute the digest of what is sent; push past proxies that rewrite.
enum UploadDigestMismatch: Rule {
    static let name = "upload-digest-mismatch"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["F06"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .uploadPut || exchange.operation.endpoint == .uploadPost,
            exchange.status == 400, exchange.operation.digest != nil,
            exchange.errors.contains(where: { $0.code == "DIGEST_INVALID" })
        else { return nil }
        let digest = exchange.operation.digest?.short ?? ""
        var sent: [DecodedExchange] = []
        while sent.count < 64,
            let patch = window.lastEarlier(
                than: sent.last ?? exchange, at: [.uploadPatch],
                where: { $0.operation.uploadSession == exchange.operation.uploadSession })
        {
            sent.append(patch)
        }
        let octets = sent.reduce(exchange.exchange.request.body.length) { $0 &+ $1.exchange.request.body.length }
        let own = (sent.isEmpty ? exchange : sent.count == 1 ? sent.first : nil)?.exchange.request.body.sha256
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords) because the uploaded layer does not hash to \(digest).",
            detail: "The trace saw \(octets) octets of it"
                + (own.map { ", which hash to sha256:\($0.prefix(12))." } ?? "."),
            advice: """
                Build the layer again and take the digest of exactly what is sent.
                If it is right on this side, something between changes it: push past the proxy to compare.
                """,
            evidence: [Evidence(exchange.seq, "request.url"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority + digest)
    }
}
