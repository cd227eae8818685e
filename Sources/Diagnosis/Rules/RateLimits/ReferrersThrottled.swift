import Registry
import TapeModel

/// Looking for signatures and attachments of an image runs into a limit.
///
/// ## What it means
/// The client asked for the referrers of a manifest, and was answered 429, on GitHub's registry by the web site that it
/// redirects to. The image itself is not affected.
///
/// ## How to fix it
/// Leave the look-up out, or try it later.
enum ReferrersThrottled: Rule {
    static let name = "referrers-throttled"
    static let severity = Severity.warning
    static let party = Party.registry
    static let symptoms = ["C11"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 429,
            exchange.operation.endpoint == .referrersGet
                || exchange.redirectSource?.operation.endpoint == .referrersGet
        else { return nil }
        var evidence = [Evidence(exchange.seq, "response.status")]
        if let source = exchange.redirectSource { evidence.insert(Evidence(source.seq, "response.location"), at: 0) }
        return finding(
            "\(exchange.url.authority) answered 429 to the look-up of signatures and attachments; the pull itself is not limited.",
            advice:
                "Leave signatures and attachments out of this run, or look for them later\(exchange.retryAfterWords).",
            evidence: evidence, subject: exchange.host.authority)
    }
}
