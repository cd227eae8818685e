import Registry
import TapeModel

/// A client answers 429 with more of the same at once.
///
/// ## What it means
/// After Too Many Requests the same request came again within a second, three times or more, although the server asked
/// for a pause or plainly needs one. That keeps the limit used up for everybody behind the address.
///
/// ## How to fix it
/// Lower the number of parallel transfers, or use a client that waits: `Retry-After` is for that (RFC 9110 §10.2.3).
enum RetryStorm: Rule {
    static let name = "retry-storm"
    static let severity = Severity.warning
    static let party = Party.client
    static let symptoms = ["C14"]

    /// Microseconds.
    private static let pause: Int64 = 1_000_000

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 429 else { return nil }
        // Told once, at the first of the row.
        if let before = window.previous(of: exchange), follows(exchange, before) { return nil }
        var run = [exchange]
        while run.count < 100, let last = run.last, let later = window.retry(of: last), follows(later, last) {
            run.append(later)
        }
        guard run.count >= 3 else { return nil }
        let client = exchange.clientWords
        return finding(
            "\(client.capitalizedFirst) made \(exchange.requestWords) \(run.count) times in a row, each within a second of a 429.",
            advice: """
                Lower the number of parallel transfers of \(client).
                Let it try again \(exchange.pauseWords ?? "after a minute, and with growing pauses").
                """,
            evidence: run.prefix(6).map { Evidence($0.seq, "response.status") },
            subject: "\(exchange.method) \(exchange.host.authority)\(exchange.url.path)")
    }

    private static func follows(_ later: DecodedExchange, _ earlier: DecodedExchange) -> Bool {
        later.status == 429 && earlier.status == 429 && later.method == earlier.method
            && later.client == earlier.client && later.started.microseconds(since: earlier.ended) < pause
    }
}
