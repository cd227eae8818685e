import Registry
import TapeModel

/// A repository is listed but cannot be deleted, because nothing is left in it.
///
/// ## What it means
/// DELETE answered 404 `NAME_UNKNOWN` although the list of repositories has the name: its data is gone and an entry
/// stayed behind.
///
/// ## How to fix it
/// Push any image into it, and delete the repository then.
enum OrphanRepository: Rule {
    static let name = "orphan-repository"
    static let severity = Severity.warning
    static let party = Party.registry
    static let symptoms = ["H19"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.method == "DELETE", exchange.status == 404, exchange.operation.endpoint == .acrMetadata,
            exchange.errors.contains(where: { $0.code == "NAME_UNKNOWN" })
        else { return nil }
        let repository = exchange.operation.repository ?? "it"
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords): it does not know the repository \(repository.quotable(120)) that was "
                + "to be deleted.",
            detail: "Where the list of repositories still shows it, likely only its entry is left.",
            advice: """
                See whether it is listed: `az acr repository list -n \(exchange.host.firstLabel)`
                If it is, push any small image into \(repository), then delete the repository: `az acr repository delete -n \(exchange.host.firstLabel) --repository \(repository)`
                """,
            evidence: [Evidence(exchange.seq, "response.body")], subject: "\(exchange.host.authority)/\(repository)")
    }
}
