import Registry
import TapeModel

/// An image has the first, withdrawn form of a manifest.
///
/// ## What it means
/// The manifest is Docker's schema 1. Clients have dropped it: containerd refuses it, Docker warns or refuses. The
/// image is very old, or the client asked for nothing newer.
///
/// ## How to fix it
/// Build or push the image again with a present client.
enum Schema1Manifest: Rule {
    static let name = "schema1-manifest"
    static let severity = Severity.warning
    static let party = Party.registry
    static let interest = Interest.manifests
    static let symptoms = ["D15"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint.isManifestRead, exchange.hasSucceeded else { return nil }
        let type = exchange.responseField("content-type") ?? ""
        guard
            type.containsIgnoringASCIICase("manifest.v1+prettyjws")
                || type.containsIgnoringASCIICase("manifest.v1+json") && !type.containsIgnoringASCIICase("oci")
                || exchange.manifest?.schemaVersion == 1
        else { return nil }
        let image = exchange.imageWords ?? exchange.repositoryWords
        let acceptsNewer = exchange.requestField("accept")?.contains("manifest.v2+json") ?? false
        return finding(
            "\(exchange.host.authority) gave \(image) as a schema 1 manifest, which present clients refuse.",
            advice: acceptsNewer
                ? "Build or push the image again with a present client: the registry has no newer form of it."
                : "Let the client accept newer forms: its Accept field names none.",
            evidence: [Evidence(exchange.seq, "response.content-type")], subject: exchange.host.authority + "/" + image)
    }
}
