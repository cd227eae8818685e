import Registry
import TapeModel

/// A tag exists and must not be overwritten.
///
/// ## What it means
/// The repository keeps tags as they are: ECR says `TAG_INVALID` or `ImageTagAlreadyExists`, Harbor 412, Quay 409
/// `TAG_IMMUTABLE`; Artifactory hides a missing right to overwrite behind `MANIFEST_INVALID` with `HTTP 403 Forbidden`.
///
/// ## How to fix it
/// Push under a new tag, or change the rule if overwriting was meant.
enum TagImmutable: Rule {
    static let name = "tag-immutable"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["D09", "D10", "D11"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .manifestPut, exchange.hasFailed,
            let status = exchange.status, (400..<500).contains(status)
        else { return nil }
        let text = exchange.errorText.lowercased()
        let isSaid =
            text.contains("immutable") || text.contains("cannot be overwritten") || text.contains("already exists")
            || exchange.errors.contains { $0.code == "TAG_IMMUTABLE" || $0.code == "TAG_ALREADY_EXISTS" }
        let isArtifactory = exchange.host.product == .artifactory && text.contains("http 403 forbidden")
        guard isSaid || isArtifactory else { return nil }
        let tag = exchange.operation.reference?.description ?? "the tag"
        let repository = exchange.operation.repository ?? ""
        return finding(
            "\(exchange.host.authority) does not let \(repository):\(tag) be overwritten (exchange \(exchange.seq)).",
            advice: isArtifactory
                ? "Push under a new tag, or give this identity the right to delete and overwrite."
                : "Push under a new tag, such as one with a build number; or change the immutability rule of \(repository).",
            evidence: [Evidence(exchange.seq, "response.status"), Evidence(exchange.seq, "response.body")],
            subject: "\(exchange.host.authority)/\(repository):\(tag)")
    }
}
