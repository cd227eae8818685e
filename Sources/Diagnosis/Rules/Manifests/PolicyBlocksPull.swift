import Registry
import TapeModel

/// A policy of the registry does not let an image be pulled.
///
/// ## What it means
/// Harbor answers 412 `PROJECTPOLICYVIOLATION`: the image has vulnerabilities above the project's limit, or lacks
/// the signature that it demands.
///
/// ## How to fix it
/// Fix or sign the image; or allow the vulnerability in the project.
enum PolicyBlocksPull: Rule {
    static let name = "policy-blocks-pull"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["D31"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.hasFailed, exchange.status != 404,
            exchange.operation.endpoint.isManifestRead || exchange.operation.endpoint.isBlobRead,
            exchange.errors.contains(where: { $0.code == "PROJECTPOLICYVIOLATION" })
                || exchange.status == 412 && exchange.says("policy")
        else { return nil }
        let isSignature = exchange.says("sign")
        let image = exchange.imageWords ?? exchange.repositoryWords
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords): a policy blocks \(image), which "
                + "\(isSignature ? "is not signed" : "the scan did not pass").",
            detail: exchange.itSays,
            advice: isSignature
                ? "Sign the image as the project demands, or lift the demand: `cosign sign \(exchange.host.authority)/\(image)`"
                : "Build it on a newer base and let it be scanned again, or add the finding to the project's allow-list.",
            evidence: [Evidence(exchange.seq, "response.body")], subject: exchange.host.authority + "/" + image)
    }
}
