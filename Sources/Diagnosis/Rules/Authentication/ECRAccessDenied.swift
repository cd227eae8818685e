import Registry
import TapeModel

/// Amazon's registry knows the login and denies the action.
///
/// ## What it means
/// 403 with credentials: the login is for another account or region, the role lacks the action, or the repository's
/// policy does not allow this account.
///
/// ## How to fix it
/// Log in for the account and region of the host; allow the actions in role and repository policy.
enum ECRAccessDenied: Rule {
    static let name = "ecr-access-denied"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A22"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.host.product == .ecr, exchange.credentials != nil,
            exchange.status == 403 || exchange.status == 401
                || exchange.status == 400 && exchange.says("not authorized"),
            !exchange.says("token has expired")
        else { return nil }
        let action =
            exchange.isPushing
            ? "ecr:PutImage, ecr:InitiateLayerUpload, ecr:UploadLayerPart, ecr:CompleteLayerUpload"
            : "ecr:BatchGetImage, ecr:GetDownloadUrlForLayer"
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords): this login may not \(exchange.actionWords) \(exchange.repositoryWords).",
            detail: exchange.itSays,
            advice: """
                See who is logged in: `aws sts get-caller-identity`
                Its account and region must be those of \(exchange.host.name); else log in again: `\(exchange.host.amazonLoginCommand)`
                Allow it in the identity's policy, and for another account in the repository's policy as well: \(action)
                """,
            evidence: [Evidence(exchange.seq, "response.status"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority + "/" + exchange.repositoryWords)
    }
}
