import Registry
import TapeModel

/// The registry does not accept a pushed manifest.
///
/// ## What it means
/// 400 `MANIFEST_INVALID`: its `Content-Type` is not its `mediaType`, its octets do not hash to the digest in the
/// URL, or it lacks something that this registry demands.
///
/// ## How to fix it
/// Send the manifest octet for octet as it was made, under its own media type.
enum ManifestInvalid: Rule {
    static let name = "manifest-invalid"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["D21"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .manifestPut, exchange.status == 400,
            exchange.errors.contains(where: { $0.code == "MANIFEST_INVALID" || $0.code == "DIGEST_INVALID" }),
            !exchange.saysAny(of: "http 403", "circuit breaker")
        else { return nil }
        let sent = exchange.requestField("content-type")
        let own = exchange.manifest?.mediaType
        var detail = exchange.itSays
        var advice = "Send the manifest as it was made, without formatting it anew, under its own media type."
        if let sent, let own, sent != own {
            detail = "It was sent as \(sent.quotable(120)), and says of itself \(own.quotable(120))."
            advice = "Send it under its own type: `Content-Type: \(own.quotable(120))`"
        } else if let expected = exchange.operation.digest, let sha256 = exchange.exchange.request.body.sha256,
            expected.algorithm == "sha256", expected.hex != sha256
        {
            detail = "Its octets hash to sha256:\(sha256.prefix(12)), the URL says \(expected.short)."
        }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords) to \(exchange.requestWords): it takes the manifest for invalid.",
            detail: detail, advice: advice,
            evidence: [Evidence(exchange.seq, "request.content-type"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority + exchange.url.path)
    }
}
