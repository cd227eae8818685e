import Registry
import TapeModel

/// Quay gave a token and refuses the repository all the same.
///
/// ## What it means
/// 401 `access to the requested resource is not authorized`: the robot or user has no right on the repository, or
/// it does not exist.
///
/// ## How to fix it
/// Give the robot the right on the repository, under Settings.
enum QuayNotAuthorized: Rule {
    static let name = "quay-not-authorized"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A29"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.host.product == .quay, exchange.isRefusedAccess, exchange.credentials?.isBearer == true,
            !exchange.isAnonymous, exchange.says("not authorized"), !exchange.isRenewed(in: window)
        else { return nil }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords): it gave this login a token, and no right to \(exchange.actionWords) "
                + "\(exchange.repositoryWords), or there is no such repository.",
            advice:
                "Give the robot or user \(exchange.isPushing ? "Write" : "Read") on \(exchange.repositoryWords), in its settings under User and Robot Permissions.",
            evidence: [Evidence(exchange.seq, "response.body")], subject: exchange.repositoryWords)
    }
}
