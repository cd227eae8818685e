import Registry
import TapeModel

/// A policy of the registry does not let an image be pulled.
///
/// ## What it means
/// Harbor answers 412 `PROJECTPOLICYVIOLATION`: the image has vulnerabilities above the project's limit, or lacks the signature that it
/// demands.
///
/// ## How to fix it
/// Fix or sign the image; or allow the vulnerability in the project.
enum PolicyBlocksPull: Rule {
    static let name = "policy-blocks-pull"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["D31"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.hasFailed, exchange.operation.endpoint.isManifestRead || exchange.operation.endpoint.isBlobRead,
            exchange.errors.contains(where: { $0.code == "PROJECTPOLICYVIOLATION" })
                || exchange.status == 412 && exchange.errorText.lowercased().contains("policy")
        else { return nil }
        let isSignature = exchange.errorText.lowercased().contains("sign")
        let image = "\(exchange.operation.repository ?? ""):\(exchange.operation.reference?.description ?? "")"
        return finding(
            "A policy of \(exchange.host.authority) blocks \(image): \(isSignature ? "it is not signed" : "the scan found too much") "
                + "(exchange \(exchange.seq)).",
            detail: exchange.errors.first?.message ?? "",
            advice: isSignature
                ? "Sign the image as the project demands (cosign sign, or notation sign), or lift the demand."
                : "Build it on a newer base and let it be scanned again, or add the finding to the project's allow-list.",
            evidence: [Evidence(exchange.seq, "response.body")], subject: exchange.host.authority + "/" + image)
    }
}
