import Registry
import TapeModel

/// The blob storage cannot keep up.
///
/// ## What it means
/// 503 `SlowDown` (S3) or `ServerBusy` (Azure): the bucket or account gets more requests than it serves at once.
///
/// ## How to fix it
/// Try again with growing pauses; spread the pulls of many nodes, or put a cache before the storage.
enum StorageThrottled: Rule {
    static let name = "storage-throttled"
    static let severity = Severity.error
    static let party = Party.storage
    static let symptoms = ["B26"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard let code = exchange.storageError?.code, ["SlowDown", "ServerBusy", "RequestLimitExceeded"].contains(code)
        else { return nil }
        return finding(
            "\(exchange.host.words.capitalizedFirst) answered \(exchange.outcomeWords): it is too busy.",
            advice: "Try again with growing pauses\(exchange.retryAfterWords); let fewer nodes pull at once, or cache.",
            evidence: [Evidence(exchange.seq, "response.body")], subject: exchange.host.authority)
    }
}
