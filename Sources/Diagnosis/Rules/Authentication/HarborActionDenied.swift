import Registry
import TapeModel

/// Harbor knows the login and denies the action.
///
/// ## What it means
/// 401 `unauthorized to access repository: …, action: push`, or a Basic challenge `harbor` in answer to a token: in Harbor's language that is a
/// matter of rights, not of the password.
///
/// ## How to fix it
/// Give the member or robot a role with that action in the project.
enum HarborActionDenied: Rule {
    static let name = "harbor-action-denied"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A32", "A33"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.host.product == .harbor, exchange.status == 401 || exchange.status == 403,
            exchange.credentials != nil,
            exchange.said.contains("action:")
                || exchange.credentials?.isBearer == true
                    && exchange.challenges.contains(where: { $0.isBasic && $0.realm == "harbor" }),
            !exchange.said.contains("read only"), !exchange.said.contains("exceed the configured")
        else { return nil }
        let project = exchange.operation.repository?.split(separator: "/").first.map(String.init) ?? "the project"
        return finding(
            "Harbor denies \(exchange.isPushing ? "pushing to" : "pulling") \(exchange.repositoryWords) to this login, whose password is good "
                + "(exchange \(exchange.seq)).",
            detail: exchange.errors.first?.message ?? "",
            advice: """
                Give it the role \(exchange.isPushing ? "Developer" : "Guest") in the project \(project), under Members.
                A robot needs the permission \(exchange.isPushing ? "Push Repository" : "Pull Repository"), and its project in the scope.
                """,
            evidence: [Evidence(exchange.seq, "response.body")], subject: exchange.host.authority + "/" + project)
    }
}
