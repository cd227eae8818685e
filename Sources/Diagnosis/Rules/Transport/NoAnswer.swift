import Registry
import TapeModel

/// A request was sent and never answered.
///
/// ## What it means
/// The connection was up, the request went out, and the client gave up waiting, or the connection ended without an
/// answer. After some 15 s for `/v2/` it is Docker's own patience: `Client.Timeout exceeded while awaiting
/// headers`.
///
/// ## How to fix it
/// Try again; if it stays, look at the way between: firewall, route, proxy; and at the registry's health.
enum NoAnswer: Rule {
    static let name = "no-answer"
    static let severity = Severity.error
    static let party = Party.network
    static let isGeneric = true
    static let symptoms = ["G01"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == nil, let failure = exchange.exchange.error,
            exchange.exchange.timing.duration > 0
                || failure.code.contains("closed") || failure.code == "missing-close-notify",
            failure.party != .recorder, exchange.answerer == nil, failure.code != "connection-reset",
            !(exchange.operation.endpoint.isUpload && exchange.exchange.request.body.length > 0
                && failure.party != .client)
        else { return nil }
        let waited = max(exchange.exchange.timing.wait, exchange.exchange.timing.duration)
        let seconds = waited / 1_000_000
        let gaveUp = failure.party == .client
        return finding(
            "\(exchange.host.words.capitalizedFirst) did not answer \(exchange.requestWords)"
                + (seconds > 0 ? " within \(seconds) s" : "") + (gaveUp ? ", and \(exchange.clientWords) gave up" : "")
                + ".",
            detail: failure.detail,
            advice: """
                Try again; scripts should always do so a few times.
                See whether the host answers at all: `curl -sS -m 20 -o /dev/null -w '%{http_code}\\n' https://\(exchange.url.authority)/v2/`
                If it does not, look at firewall, route and proxy between; a stuck daemon is helped by a restart.
                """,
            evidence: [Evidence(exchange.seq, "error")], subject: exchange.host.authority)
    }
}
