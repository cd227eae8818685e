import Registry
import TapeModel

/// Microsoft's front door throttles pulls from its container registry.
///
/// ## What it means
/// The 429 came from the edge in front of `mcr.microsoft.com`, recognisable by `Ref A: … Ref B: … Ref C: …` in its
/// text; the registry has not seen the request.
///
/// ## How to fix it
/// Try again with growing pauses, or keep the images that you need in a cache of your own.
enum MCRThrottled: Rule {
    static let name = "mcr-throttled"
    static let severity = Severity.error
    static let party = Party.proxy
    static let symptoms = ["C09"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 429, exchange.host.product == .mcr || exchange.says("Ref A: ") else {
            return nil
        }
        return finding(
            "The edge in front of \(exchange.host.authority) answered 429 to \(exchange.requestWords): it throttles this address.",
            detail: "By the references in its text Microsoft's support finds the request. \(exchange.itSays)",
            advice: """
                Try again with growing pauses\(exchange.retryAfterWords).
                For many machines keep a copy: `az acr import -n REGISTRY --source \(exchange.host.authority)/\(exchange.repositoryWords)`, or a cache rule of your own registry.
                """,
            evidence: [Evidence(exchange.seq, "response.status"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority)
    }
}
