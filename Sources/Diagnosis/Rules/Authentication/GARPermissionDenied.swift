import Registry
import TapeModel

/// Google's registry denies an action, or does not know the repository.
///
/// ## What it means
/// 403 `DENIED` that names a permission such as `artifactregistry.repositories.downloadArtifacts`: the identity
/// lacks it, or the repository is not there, or lies in another location; the answer is the same.
///
/// ## How to fix it
/// Give the role of reader or writer on the repository; check project and location in the name.
enum GARPermissionDenied: Rule {
    static let name = "gar-permission-denied"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A24", "A28"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.host.product == .gar, exchange.hasFailed, exchange.status == 403 || exchange.status == 401,
            exchange.saysAny(of: "permission", "storage.buckets.get"),
            !exchange.saysAny(of: "to get url", "unauthenticated")
        else { return nil }
        let isBucket = exchange.says("storage.buckets.get")
        let role = exchange.isPushing ? "roles/artifactregistry.writer" : "roles/artifactregistry.reader"
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords): this login may not \(exchange.actionWords) \(exchange.repositoryWords), or there is "
                + "no such repository.",
            detail: exchange.itSays,
            advice: isBucket
                ? "Give the identity the role Storage Legacy Bucket Reader on the registry's bucket, or move to Artifact Registry."
                : """
                Give the role: `gcloud artifacts repositories add-iam-policy-binding REPOSITORY --location LOCATION --member MEMBER --role \(role)`
                Check project, repository and location in the name: \(exchange.host.name)/\(exchange.repositoryWords)
                """,
            evidence: [Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority + "/" + exchange.repositoryWords)
    }
}
