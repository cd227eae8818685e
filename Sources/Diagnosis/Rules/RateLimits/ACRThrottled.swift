import Registry
import TapeModel

/// Azure Container Registry throttles this registry.
///
/// ## What it means
/// Each service tier allows so many reads and writes a minute, and this registry has had its share. Many layers, many
/// nodes that start at once, or a loop of logins use it up. The message links `aka.ms/acr/skus`.
///
/// ## How to fix it
/// Back off for a minute at least, spread the load, or use a higher tier.
enum ACRThrottled: Rule {
    static let name = "acr-throttled"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["C06", "H13"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 429, exchange.host.product == .acr, !exchange.operation.endpoint.isToken,
            !exchange.says("source registry")
        else { return nil }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords): too many "
                + "\(exchange.operation.endpoint.isWrite ? "writes" : "reads") a minute for the tier of this registry.",
            detail: exchange.itSays,
            advice: """
                Try again \(exchange.pauseWords ?? "after a minute at least"); pull and push with fewer layers and fewer clients at once.
                Where that is not enough, a higher tier: `az acr update -n \(exchange.host.firstLabel) --sku Premium`
                """,
            evidence: [Evidence(exchange.seq, "response.status"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority)
    }
}
