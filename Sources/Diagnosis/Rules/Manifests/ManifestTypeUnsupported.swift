import Registry
import TapeModel

/// The registry does not know the kind of manifest that was pushed.
///
/// ## What it means
/// 405 `UNSUPPORTED`, 415, or `Invalid JSON syntax` for an OCI artifact, an index or a new media type: the registry is older than
/// the client's output.
///
/// ## How to fix it
/// Let the client write Docker's media types, or update the registry.
enum ManifestTypeUnsupported: Rule {
    static let name = "manifest-type-unsupported"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["D22"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .manifestPut, let status = exchange.status else { return nil }
        let text = exchange.errorText.lowercased()
        let isUnsupported =
            (status == 405 && exchange.errors.contains { $0.code == "UNSUPPORTED" }) || status == 415
            || (status == 400 || status == 405) && text.contains("invalid json syntax")
        guard isUnsupported else { return nil }
        let type = exchange.requestField("content-type") ?? "this media type"
        return finding(
            "\(exchange.host.authority) does not take manifests of type \(type) (exchange \(exchange.seq)).",
            advice: """
                Let the client write Docker's types: docker buildx build --output type=image,oci-mediatypes=false --provenance=false …
                Or update the registry.
                """,
            evidence: [Evidence(exchange.seq, "request.content-type"), Evidence(exchange.seq, "response.status")],
            subject: exchange.host.authority + " " + type)
    }
}
