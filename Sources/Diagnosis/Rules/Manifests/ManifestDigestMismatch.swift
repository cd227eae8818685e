import Registry
import TapeModel

/// A manifest does not have the digest under which it was given.
///
/// ## What it means
/// The octets that arrived hash to something else than `Docker-Content-Digest` or the digest in the URL: a proxy has
/// re-formatted the JSON, cut it short or taken another one from its cache.
///
/// ## How to fix it
/// Bypass the proxy, or tell it to leave `/v2/` alone: no formatting, no compression, no cache that knows one variant
/// only. To compare: `curl --noproxy '*' URL | sha256sum`.
enum ManifestDigestMismatch: Rule {
    static let name = "manifest-digest-mismatch"
    static let severity = Severity.error
    static let party = Party.proxy
    static let interest = Interest.manifests
    static let symptoms = ["D17"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .manifestGet, exchange.status == 200, exchange.exchange.error == nil,
            let body = exchange.exchange.response?.body, body.stored == .inline || body.stored == .file,
            !body.isRedacted,
            exchange.responseField("content-encoding") == nil, let sha256 = body.sha256,
            // Those hash without their signatures.
            exchange.manifest?.schemaVersion != 1,
            exchange.responseField("content-type")?.containsIgnoringASCIICase("prettyjws") != true
        else { return nil }
        let named = exchange.responseField("docker-content-digest").flatMap { Digest($0) }
        let asked = exchange.operation.digest
        guard
            let expected = [named, asked].compactMap(\.self).first(where: {
                $0.algorithm == "sha256" && $0.hex != sha256
            })
        else { return nil }
        return finding(
            "The manifest \(exchange.imageWords ?? "") from \(exchange.host.authority) hashes to sha256:\(sha256.prefix(12)) and not to "
                + "\(expected.short): something changed it on the way.",
            advice: """
                Pull past the proxy to compare: `curl --noproxy '*' -H 'Accept: */*' \(exchange.url.scheme)://\(exchange.url.authority)\(exchange.url.path.quotable(200)) | sha256sum`
                A proxy must not format the JSON below /v2/ anew, nor serve one manifest for another.
                """,
            evidence: [
                Evidence(exchange.seq, "response.body"),
                Evidence(exchange.seq, named == expected ? "response.docker-content-digest" : "request.url"),
            ], subject: exchange.host.authority)
    }
}
