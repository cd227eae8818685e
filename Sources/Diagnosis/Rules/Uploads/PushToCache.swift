import Registry
import TapeModel

/// Somebody pushes to a registry that only caches another one.
///
/// ## What it means
/// 405 `UNSUPPORTED` for the start of an upload: a pull-through cache takes no pushes.
///
/// ## How to fix it
/// Push to the registry behind the cache.
enum PushToCache: Rule {
    static let name = "push-to-cache"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["F25"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard
            exchange.operation.endpoint == .uploadStart || exchange.operation.endpoint == .uploadMount
                || exchange.operation.endpoint == .uploadPost, exchange.status == 405,
            exchange.errors.contains(where: { $0.code == "UNSUPPORTED" })
        else { return nil }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords): it takes no pushes, likely because it only caches another registry.",
            advice: "Push to the registry that it caches; pulls may go on through the cache.",
            evidence: [Evidence(exchange.seq, "response.status"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority)
    }
}
