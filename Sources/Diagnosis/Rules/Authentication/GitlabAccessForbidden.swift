import Registry
import TapeModel

/// GitLab gives no token for a project's images.
///
/// ## What it means
/// `/jwt/auth` answered 403 `access forbidden`: the project is private and the login, if any, lacks `read_registry`
/// or the membership.
///
/// ## How to fix it
/// Log in with a deploy token or job token that has the scope.
enum GitlabAccessForbidden: Rule {
    static let name = "gitlab-access-forbidden"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A30"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint.isToken, exchange.status == 403,
            exchange.url.path == "/jwt/auth" || exchange.host.product == .gitlab
        else { return nil }
        let image = exchange.repositoryWords
        return finding(
            "GitLab answered \(exchange.outcomeWords) to the request for a token for \(image), made "
                + "\(exchange.tokenRequest?.isAnonymous ?? false ? "without a login" : "with a login that lacks the right").",
            detail: exchange.itSays,
            advice: """
                In a job: `echo "$CI_REGISTRY_PASSWORD" | docker login -u "$CI_REGISTRY_USER" --password-stdin "$CI_REGISTRY"`
                Elsewhere use a deploy token with read_registry (and write_registry to push), of this project.
                """,
            evidence: [Evidence(exchange.seq, "request.url"), Evidence(exchange.seq, "response.status")], subject: image
        )
    }
}
