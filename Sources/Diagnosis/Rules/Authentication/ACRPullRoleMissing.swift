import Registry
import TapeModel

/// The login works at Azure Container Registry, but the identity may not pull.
///
/// ## What it means
/// The token was given without `pull`, and the manifest was refused with 401: the identity has no role with
/// `registries/pull/read`.
///
/// ## How to fix it
/// Assign AcrPull, or a role that includes it (AcrPush, Reader, Contributor, Owner): `az role assignment create
/// --assignee IDENTITY --role AcrPull --scope REGISTRY-ID`. Wait some minutes and log in again: tokens that were
/// given before do not learn of it.
enum ACRPullRoleMissing: Rule {
    static let name = "acr-pull-role-missing"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A44"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.host.product == .acr,
            exchange.operation.endpoint.isManifestRead || exchange.operation.endpoint.isBlobRead,
            exchange.status == 401, exchange.credentials?.isBearer == true, !exchange.isAnonymous,
            exchange.challengeError != "invalid_token", window.laterSuccess(of: exchange) == nil,
            exchange.grantedActions.map({ !$0.contains("pull") }) ?? true
        else { return nil }
        var evidence = [Evidence(exchange.seq, "response.status")]
        if let grant = exchange.grant { evidence.insert(Evidence(grant.seq, "response.body"), at: 0) }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords): the identity that is logged in may not pull "
                + "\(exchange.repositoryWords).",
            detail: exchange.itSays,
            advice: """
                Give it the role: `az role assignment create --assignee IDENTITY --role AcrPull --scope $(az acr show -n \(exchange.host.firstLabel) --query id -o tsv)`
                A new role needs some minutes; then log in again: `az acr login -n \(exchange.host.firstLabel)`
                """,
            evidence: evidence, subject: exchange.host.authority + "/" + exchange.repositoryWords)
    }
}
