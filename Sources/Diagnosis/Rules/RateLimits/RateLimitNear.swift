import Registry
import TapeModel

/// A rate limit is nearly used up.
///
/// ## What it means
/// The registry tells with each manifest how many pulls are left (`RateLimit-Remaining`). Less than a tenth is
/// left, and nothing has failed yet.
///
/// ## How to fix it
/// Log in or use a mirror before the limit is reached.
enum RateLimitNear: Rule {
    static let name = "rate-limit-near"
    static let severity = Severity.note
    static let party = Party.registry
    static let interest = Interest.rateLimits
    static let symptoms = ["C04", "C05"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.isSuccess, let rate = exchange.rateLimit, let limit = rate.limit, let remaining = rate.remaining,
            limit > 0, remaining <= max(1, limit / 10)
        else { return nil }
        let hours = rate.window.map { $0 >= 3_600 ? " in \($0 / 3_600) hours" : " in \($0) seconds" } ?? ""
        return finding(
            "Only \(remaining) of \(limit) pulls\(hours) are left at \(exchange.host.authority).",
            advice: exchange.isAnonymous
                ? "Log in before the rest is used up, so that a limit of your own counts: `\(exchange.host.loginCommand)`"
                : "Pull through a mirror or a pull-through cache before the rest is used up.",
            evidence: [Evidence(exchange.seq, "response.ratelimit-remaining")], subject: exchange.host.authority)
    }
}
