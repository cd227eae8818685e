import Registry
import TapeModel

/// A tag has expired at the registry.
///
/// ## What it means
/// Quay gives tags an end on request; this one is past it: 404 `TAG_EXPIRED`.
///
/// ## How to fix it
/// Set the tag again, or restore it from the repository's history.
enum TagExpired: Rule {
    static let name = "tag-expired"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["D25"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 404, exchange.errors.contains(where: { $0.code == "TAG_EXPIRED" }) else { return nil }
        let image = exchange.imageWords ?? exchange.repositoryWords
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords): the tag \(image) has expired.",
            advice:
                "Push the tag again, or restore it in the tag history of \(exchange.operation.repository ?? "the repository").",
            evidence: [Evidence(exchange.seq, "response.body")], subject: exchange.host.authority + "/" + image)
    }
}
