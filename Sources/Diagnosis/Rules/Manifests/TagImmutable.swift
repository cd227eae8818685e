import Registry
import TapeModel

/// A tag exists and must not be overwritten.
///
/// ## What it means
/// The repository keeps tags as they are: ECR says `TAG_INVALID` or `ImageTagAlreadyExists`, Harbor 412, Quay 409
/// `TAG_IMMUTABLE`; Artifactory hides a missing right to overwrite behind `MANIFEST_INVALID` with `HTTP 403 Forbidden`.
///
/// ## How to fix it
/// Push under a new tag, such as one with the number of the build. If overwriting was meant, change the rule: for ECR
/// `aws ecr put-image-tag-mutability --image-tag-mutability MUTABLE`.
enum TagImmutable: Rule {
    static let name = "tag-immutable"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["D09", "D10", "D11"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .manifestPut, exchange.hasFailed,
            let status = exchange.status, (400..<500).contains(status)
        else { return nil }
        let isSaid =
            exchange.saysAny(of: "immutable", "cannot be overwritten", "already exists")
            || exchange.errors.contains { $0.code == "TAG_IMMUTABLE" || $0.code == "TAG_ALREADY_EXISTS" }
        let isArtifactory = exchange.host.product == .artifactory && exchange.says("http 403 forbidden")
        guard isSaid || isArtifactory else { return nil }
        let image = exchange.imageWords ?? exchange.repositoryWords
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords): \(image) exists and must not be overwritten.",
            detail: exchange.itSays,
            advice: isArtifactory
                ? "Push under a new tag, or give this identity the right to delete and overwrite."
                : "Push under a new tag, such as one with a build number; or change the immutability rule of \(exchange.repositoryWords).",
            evidence: [Evidence(exchange.seq, "response.status"), Evidence(exchange.seq, "response.body")],
            subject: "\(exchange.host.authority)/\(image)")
    }
}
