import Registry
import TapeModel

/// Azure Container Registry refuses an operation that a lock, a quarantine or a limit forbids.
///
/// ## What it means
/// 405 with `REGISTRY_DISALLOWED_OPERATION`, or `The operation is disallowed`: the image or repository is locked
/// (`writeEnabled` or `deleteEnabled` is false at repository, tag or manifest), the image is in quarantine, or the
/// registry has reached its storage limit.
///
/// ## How to fix it
/// Look at the attributes on all three levels, and unlock where the lock was not meant.
enum OperationDisallowed: Rule {
    static let name = "operation-disallowed"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["H03", "H20"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard let status = exchange.status, (400..<500).contains(status),
            exchange.hasCode("REGISTRY_DISALLOWED_OPERATION")
                || exchange.host.product == .acr && exchange.says("operation is disallowed"),
            !exchange.says("quarantine")
        else { return nil }
        let registry = exchange.host.firstLabel
        let repository = exchange.operation.repository ?? "REPOSITORY"
        let reference = exchange.operation.reference.map(\.description) ?? "TAG"
        let separator = reference.contains(":") ? "@" : ":"
        let action =
            exchange.method == "DELETE"
            ? "deleted" : exchange.method == "GET" || exchange.method == "HEAD" ? "read" : "changed"
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords): \(repository.quotable(120)) must not be \(action), because it is "
                + "locked, in quarantine, or the storage limit is reached.",
            advice: """
                Look for a lock: `az acr repository show -n \(registry) --repository \(repository)`
                Look at the image: `az acr repository show -n \(registry) --image \(repository)\(separator)\(reference)`
                Unlock it: `az acr repository update -n \(registry) --image \(repository)\(separator)\(reference) --write-enabled true --delete-enabled true`
                """,
            evidence: [Evidence(exchange.seq, "response.status"), Evidence(exchange.seq, "response.body")],
            subject: "\(exchange.host.authority)/\(repository)")
    }
}
