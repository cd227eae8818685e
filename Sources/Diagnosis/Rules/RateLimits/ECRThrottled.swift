import Registry
import TapeModel

/// Amazon's registry throttles the account.
///
/// ## What it means
/// Its API allows so many calls a second for an account and region, for tokens as well as for layers; many nodes
/// that pull at once exceed that. The answer is 429 `TOOMANYREQUESTS`, or a text that names `ThrottlingException`.
///
/// ## How to fix it
/// Back off, log in once for twelve hours instead of before each pull, or ask for a higher quota.
enum ECRThrottled: Rule {
    static let name = "ecr-throttled"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["C10"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        let isECR = exchange.host.product == .ecr || exchange.host.product == .ecrPublic
        guard isECR, !exchange.operation.endpoint.isToken,
            exchange.status == 429 || (exchange.hasFailed && exchange.says("throttl"))
        else { return nil }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords): too many calls a second for this account.",
            detail: exchange.itSays,
            advice: """
                Let clients pause and try again with growing intervals\(exchange.retryAfterWords).
                Use one login for twelve hours; a quota can be raised under Service Quotas, Amazon ECR.
                """,
            evidence: [Evidence(exchange.seq, "response.status"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority)
    }
}
