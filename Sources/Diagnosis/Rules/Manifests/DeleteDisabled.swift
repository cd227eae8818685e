import Registry
import TapeModel

/// The registry does not delete.
///
/// ## What it means
/// 405 `UNSUPPORTED` for DELETE: deleting is switched off, the registry is a cache of another one, or it deletes
/// through an interface of its own only.
///
/// ## How to fix it
/// Enable it (`storage: delete: enabled: true`), or use the product's own interface.
enum DeleteDisabled: Rule {
    static let name = "delete-disabled"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["D29"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .manifestDelete || exchange.operation.endpoint == .blobDelete,
            exchange.status == 405
                || exchange.status == 400 && exchange.errors.contains(where: { $0.code == "UNSUPPORTED" }),
            !exchange.errors.contains(where: { $0.code == "REGISTRY_DISALLOWED_OPERATION" }),
            !exchange.says("disallowed")
        else { return nil }
        let byTag = exchange.operation.reference.map { !$0.isDigest } ?? false
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords): it does not delete \(byTag ? "by tag" : "what it holds").",
            advice: """
                \(byTag ? "Delete by digest instead: many registries know no other way.\n" : "")With distribution enable it in config.yml, `storage: { delete: { enabled: true } }`, or by REGISTRY_STORAGE_DELETE_ENABLED=true
                Elsewhere use the product's own interface.
                """,
            evidence: [Evidence(exchange.seq, "response.status")], subject: exchange.host.authority)
    }
}
