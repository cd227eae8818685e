import Registry
import TapeModel

/// An image is held back until a scan has passed it.
///
/// ## What it means
/// Azure's quarantine hides a new image from those who may only pull: by tag it is unknown, by digest the operation
/// is disallowed.
///
/// ## How to fix it
/// Wait for the scan, or give the scanner the rights to end the quarantine.
enum Quarantined: Rule {
    static let name = "quarantined"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["D24"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint.isManifestRead, exchange.hasFailed,
            exchange.host.product == .acr, exchange.says("quarantine")
        else { return nil }
        let image = exchange.imageWords ?? exchange.repositoryWords
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords) because \(image) is in quarantine and cannot be pulled yet.",
            advice: """
                Wait until the scanner has passed it, and see why if it takes long.
                Whoever tests it needs the role AcrQuarantineReader, the scanner AcrQuarantineWriter.
                """,
            evidence: [Evidence(exchange.seq, "response.body")], subject: exchange.host.authority + "/" + image)
    }
}
