import Registry
import TapeModel

/// A token had expired when it was used.
///
/// ## What it means
/// The token lived shorter than the work: a long push or pull, a queue, or a script that keeps a token. Requests
/// with it succeeded before its end and got 401 after it. Docker prints `authentication required` in the middle of
/// a push.
///
/// ## How to fix it
/// Ask for a new token on 401; let tokens live longer than the longest layer takes.
enum TokenExpired: Rule {
    static let name = "token-expired"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A10"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 401, exchange.credentials?.isBearer == true,
            exchange.challengeError != "insufficient_scope"
        else { return nil }
        let now = exchange.date ?? exchange.ended
        let claimed = exchange.credentials?.claims?.expires
        let end = claimed ?? exchange.grant?.expires
        guard let end, now > end else { return nil }
        if let grant = exchange.grant, exchange.started.microseconds(since: grant.granted) < 30_000_000,
            grant.answer.expiresIn > 60
        {
            return nil
        }
        let isLikely = claimed == nil && exchange.grant?.answer.saysExpiry != true
        let late = now.microseconds(since: end) / 1_000_000
        var evidence = [Evidence(exchange.seq, "request.authorization"), Evidence(exchange.seq, "response.status")]
        if let grant = exchange.grant { evidence.insert(Evidence(grant.seq, "response.body"), at: 0) }
        let life = exchange.grant.map {
            "It was given for \($0.answer.expiresIn) s\($0.answer.saysExpiry ? "" : ", which is what counts where the server says nothing")."
        }
        return finding(
            "\(exchange.host.authority) answered \(exchange.status ?? 401) because the token had\(isLikely ? " likely" : "") expired \(late) s before.",
            detail: life ?? "",
            advice: """
                Ask the token server for a new one and try again; complete layers are skipped.
                Let tokens live longer than the longest layer takes, and no script keep them.
                """,
            evidence: evidence, subject: exchange.host.authority,
            // A client that gets a new one and goes on does what it should.
            severity: isLikely || exchange.isRenewed(in: window) ? .warning : .error)
    }
}
