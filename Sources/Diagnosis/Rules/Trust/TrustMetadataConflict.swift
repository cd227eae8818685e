import Registry
import TapeModel

/// The trust server has newer metadata than the client that signs.
///
/// ## What it means
/// 400 with `VERSION` or `INVALID_UPDATE`: somebody else has signed in between, or the client's cache is old.
///
/// ## How to fix it
/// Let the client fetch the present metadata and sign again.
enum TrustMetadataConflict: Rule {
    static let name = "trust-metadata-conflict"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["H16"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        let codes: Set<String> = ["VERSION", "INVALID_UPDATE"]
        guard exchange.operation.endpoint == .trustPublish, exchange.status == 400,
            exchange.errors.contains(where: { codes.contains($0.code) })
        else { return nil }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords): it has newer metadata of \(exchange.repositoryWords) than "
                + "\(exchange.clientWords).",
            detail: exchange.itSays,
            advice: """
                Fetch it and sign again: `docker trust inspect \(exchange.repositoryWords) && docker trust sign \(exchange.repositoryWords):TAG`
                If that fails again, move the old cache away: `mv ~/.docker/trust/tuf ~/.docker/trust/tuf.old`
                """,
            evidence: [Evidence(exchange.seq, "response.body")],
            subject: "\(exchange.host.authority)/\(exchange.operation.repository ?? "")")
    }
}
