import Registry
import TapeModel

/// An image has no trust data, and the client insists on some.
///
/// ## What it means
/// The trust server knows no `root.json` for this repository: the image was never signed, or
/// `DOCKER_CONTENT_TRUST=1` is set for a registry without content trust. Docker prints `does not have trust data`.
///
/// ## How to fix it
/// Sign the image (`docker trust sign IMAGE:TAG`), or leave content trust out of this command:
/// `DOCKER_CONTENT_TRUST=0 docker pull IMAGE:TAG`.
enum TrustDataMissing: Rule {
    static let name = "trust-data-missing"
    static let severity = Severity.warning
    static let party = Party.client
    static let symptoms = ["H15"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .trustGet, exchange.status == 404, exchange.url.path.hasSuffix("root.json")
        else { return nil }
        // A client that goes on to the manifest by itself did not insist.
        let goesOn = window.firstLater(than: exchange, at: [.manifestGet, .manifestHead]) { later in
            later.hasSucceeded
                && exchange.operation.repository.map { $0.hasSuffix(later.operation.repository ?? "\u{0}") } ?? false
        }
        guard goesOn == nil else { return nil }
        let repository = exchange.repositoryWords
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords): \(repository) has no trust data, and \(exchange.clientWords) "
                + "stopped there.",
            advice: """
                Sign the image: `docker trust sign \(repository):TAG`
                Or leave content trust out of this command: `DOCKER_CONTENT_TRUST=0 docker pull \(repository):TAG`
                """,
            evidence: [Evidence(exchange.seq, "response.status")], subject: repository)
    }
}
