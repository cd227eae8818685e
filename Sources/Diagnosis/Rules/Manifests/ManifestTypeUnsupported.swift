import Registry
import TapeModel

/// The registry does not know the kind of manifest that was pushed.
///
/// ## What it means
/// 405 `UNSUPPORTED`, 415, or `Invalid JSON syntax` for an OCI artifact, an index or a new media type: the registry
/// is older than the client's output.
///
/// ## How to fix it
/// Let the client write Docker's media types and leave attestations out: `docker buildx build --output
/// type=image,oci-mediatypes=false --provenance=false`. Or update the registry.
enum ManifestTypeUnsupported: Rule {
    static let name = "manifest-type-unsupported"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["D22"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .manifestPut, let status = exchange.status else { return nil }
        let isUnsupported =
            (status == 405 && exchange.errors.contains { $0.code == "UNSUPPORTED" }) || status == 415
            || (status == 400 || status == 405) && exchange.says("invalid json syntax")
        let type = exchange.requestField("content-type")?.quotable(120) ?? "this media type"
        // That one every registry knows: a cache of another registry refuses all of them.
        guard isUnsupported, !type.hasSuffix("docker.distribution.manifest.v2+json") else { return nil }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords): it does not take manifests of the type \(type).",
            detail: exchange.itSays,
            advice: """
                Let the client write Docker's types: `docker buildx build --output type=image,oci-mediatypes=false --provenance=false --push .`
                Or update the registry.
                """,
            evidence: [Evidence(exchange.seq, "request.content-type"), Evidence(exchange.seq, "response.status")],
            subject: exchange.host.authority + " " + type)
    }
}
