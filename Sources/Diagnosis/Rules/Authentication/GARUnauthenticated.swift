import Registry
import TapeModel

/// Google's registry saw no valid login.
///
/// ## What it means
/// `Unauthenticated request`, or `No valid credential was supplied`: no credential helper is set up for this host,
/// the token has expired, or a proxy took the header away.
///
/// ## How to fix it
/// Set the helper up for exactly this host: `gcloud auth configure-docker LOCATION-docker.pkg.dev`, and log in:
/// `gcloud auth login`. Service accounts: `docker login -u _json_key --password-stdin https://HOST < key.json`.
enum GARUnauthenticated: Rule {
    static let name = "gar-unauthenticated"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A25", "A26"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.host.product == .gar, exchange.hasFailed,
            exchange.saysAny(of: "unauthenticated request", "no valid credential"),
            !NormalCourse.contains(exchange, in: window)
        else { return nil }
        let sent = exchange.credentials != nil
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords) because it saw \(sent ? "a login that is not valid any more" : "no login").",
            detail: exchange.itSays,
            advice: """
                Set the helper up for this host: `gcloud auth configure-docker \(exchange.host.name)`
                \(sent ? "Then renew the login" : "It needs a login"): `gcloud auth login`
                """,
            evidence: [Evidence(exchange.seq, "response.body")], subject: exchange.host.authority)
    }
}
