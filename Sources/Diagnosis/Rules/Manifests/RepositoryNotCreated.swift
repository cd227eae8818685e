import Registry
import TapeModel

/// Amazon's registry does not make a repository by itself.
///
/// ## What it means
/// 404 `NAME_UNKNOWN`, `The repository with name '…' does not exist in the registry with id '…'`. Unlike others,
/// ECR wants each repository to be created before the first push.
///
/// ## How to fix it
/// `aws ecr create-repository --repository-name NAME --region REGION`, with the account and region of the host name;
/// or a repository creation template.
enum RepositoryNotCreated: Rule {
    static let name = "repository-not-created"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["D03"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 404, exchange.host.product == .ecr,
            exchange.errors.contains(where: { $0.code == "NAME_UNKNOWN" }),
            let repository = exchange.operation.repository, !repository.contains(".amazonaws.com")
        else { return nil }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords): it has no repository \(repository.quotable(120)), and ECR makes none "
                + "by itself.",
            advice: """
                Create it: `aws ecr create-repository --repository-name \(repository) --region \(exchange.host.amazonRegion)`
                If it exists, it is in another account or region than the host name says.
                """,
            evidence: [Evidence(exchange.seq, "response.body")], subject: exchange.host.authority + "/" + repository)
    }
}
