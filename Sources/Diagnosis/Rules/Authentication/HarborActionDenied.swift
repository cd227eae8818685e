import Registry
import TapeModel

/// Harbor knows the login and denies the action.
///
/// ## What it means
/// 401 `unauthorized to access repository: …, action: push`, or a Basic challenge `harbor` in answer to a token: in
/// Harbor's language that is a matter of rights, not of the password.
///
/// ## How to fix it
/// Give the member a role that has the action (Guest and above pull, Developer and above push), or the robot the
/// permission, in that project. There is no need to log in again.
enum HarborActionDenied: Rule {
    static let name = "harbor-action-denied"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A32", "A33"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.host.product == .harbor, exchange.status == 401 || exchange.status == 403,
            exchange.credentials != nil, !exchange.isAnonymous,
            exchange.says("action:")
                || exchange.credentials?.isBearer == true
                    && exchange.challenges.contains(where: { $0.isBasic && $0.realm == "harbor" }),
            !exchange.saysAny(of: "read only", "exceed the configured"), !exchange.isTokenOutsideItsTime,
            !exchange.isRenewed(in: window)
        else { return nil }
        let isCatalog = exchange.operation.endpoint == .catalogList
        let project = exchange.operation.repository?.split(separator: "/").first.map(String.init) ?? "the project"
        return finding(
            "Harbor at \(exchange.host.authority) answered \(exchange.outcomeWords): this login may not "
                + (isCatalog ? "list all repositories." : "\(exchange.actionWords) \(exchange.repositoryWords)."),
            detail:
                "The password is good; in Harbor's language a Basic challenge after a login means a missing right. \(exchange.itSays)",
            advice: isCatalog
                ? "Only administrators may list everything; list by project through Harbor's own interface, /api/v2.0/projects."
                : """
                Give it the role \(exchange.isPushing ? "Developer" : "Guest") in the project \(project), under Members.
                A robot needs the permission \(exchange.isPushing ? "Push Repository" : "Pull Repository"), and its project in the scope.
                """,
            evidence: [Evidence(exchange.seq, "response.body")], subject: exchange.host.authority + "/" + project)
    }
}
