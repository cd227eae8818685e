import Registry
import TapeModel

/// The path of a request has its prefix twice, or not at all.
///
/// ## What it means
/// `/v2/v2/…`: a mirror was configured with a URL that ends in `/v2` already, and the client adds its own. Nothing
/// is found there.
///
/// ## How to fix it
/// Give the mirror's URL without `/v2`; in containerd's hosts.toml with `override_path = true` where the path is meant.
enum DoubledPath: Rule {
    static let name = "doubled-path"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["D08"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 404 || exchange.status == 400,
            exchange.url.path.hasPrefix("/v2/v2/") || exchange.url.path.hasPrefix("/v1/v2/")
                || exchange.url.path.hasPrefix("/v2/v1/")
        else { return nil }
        return finding(
            "\(exchange.clientWords.capitalizedFirst) asked \(exchange.host.authority) for \(exchange.url.path.quotable(120)), with the "
                + "version prefix twice.",
            detail:
                "The client adds /v2/ itself; the URL of the registry or mirror in its configuration ends in it already.",
            advice:
                "Take /v2 off the end of the URL in the client's configuration.\nIn containerd's hosts.toml `override_path = true` leaves the path as it is written.",
            evidence: [Evidence(exchange.seq, "request.url")], subject: exchange.host.authority)
    }
}
