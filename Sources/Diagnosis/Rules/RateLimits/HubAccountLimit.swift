import Registry
import TapeModel

/// Docker Hub's limit of an account is used up.
///
/// ## What it means
/// The request carried the token of an account, and that account has had its pulls: 200 in six hours for a personal
/// one. Docker prints `You have reached your pull rate limit`.
///
/// ## How to fix it
/// Pull through a mirror or cache, use another plan, or wait: the window slides.
enum HubAccountLimit: Rule {
    static let name = "hub-account-limit"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["C02"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 429, exchange.host.product == .dockerHub, exchange.isPullLimit,
            exchange.credentials != nil, !exchange.isAnonymous
        else { return nil }
        let limit = exchange.rateLimit?.limit.map { " of \($0)" } ?? ""
        return finding(
            "Docker Hub answered 429 to \(exchange.requestWords) because the account that is logged in has used up its limit\(limit) "
                + "pulls.",
            detail: exchange.itSays,
            advice: """
                Pull through a mirror or a pull-through cache, which asks Hub once for all machines.
                Or use a plan with a higher limit, or wait: the window is six hours and slides.
                """,
            evidence: [Evidence(exchange.seq, "response.status"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority)
    }
}
