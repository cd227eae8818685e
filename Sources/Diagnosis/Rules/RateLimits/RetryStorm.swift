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
        var run = [exchange]
        for later in window.after where later.url == exchange.url && later.method == exchange.method {
            guard later.status == 429, let last = run.last, later.started.microseconds(since: last.ended) < pause
            else { break }
            run.append(later)
        }
        guard run.count >= 3 else { return nil }
        let client = exchange.client.map { $0.name } ?? "the client"
        return finding(
            "\(client.capitalizedFirst) repeated the same request \(run.count) times within a second each after 429 "
                + "(exchanges \(run.map { String($0.seq) }.prefix(6).joined(separator: ", "))).",
            advice: """
                Lower the number of parallel transfers of \(client).
                Wait as long as Retry-After says, or a minute where it says nothing.
                """,
            evidence: run.prefix(6).map { Evidence($0.seq, "response.status") },
            subject: "\(exchange.method) \(exchange.host.authority)\(exchange.url.path)")
    }
}
