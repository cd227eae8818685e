import Registry
import TapeModel

/// Amazon's registry does not make a repository by itself.
///
/// ## What it means
/// 404 `NAME_UNKNOWN`, `The repository with name '…' does not exist in the registry with id '…'`. Unlike others, ECR wants each
/// repository to be created before the first push.
///
/// ## How to fix it
/// Create it, in the account and region of the host name.
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
        let region = exchange.host.name.split(separator: ".").dropFirst(3).first.map(String.init) ?? "REGION"
        return finding(
            "The repository \(repository) does not exist at \(exchange.host.authority), and ECR makes none by itself "
                + "(exchange \(exchange.seq)).",
            advice: """
                Create it: aws ecr create-repository --repository-name \(repository) --region \(region)
                If it exists, it is in another account or region than the host name says.
                """,
            evidence: [Evidence(exchange.seq, "response.body")], subject: exchange.host.authority + "/" + repository)
    }
}
