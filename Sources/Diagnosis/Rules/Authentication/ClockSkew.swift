import Registry
import TapeModel

/// A token is not valid yet by the registry's clock, or is over the moment it was made.
///
/// ## What it means
/// The token server's clock and the registry's differ by more than the minute of grace: the token begins in the
/// registry's future, or ended before it arrived. All tokens are refused then.
///
/// ## How to fix it
/// Compare `date -u` on client, token server and registry, and let NTP keep all three: `timedatectl set-ntp true`. In
/// a virtual machine that was paused the clock needs a restart of the time service.
enum ClockSkew: Rule {
    static let name = "clock-skew"
    static let severity = Severity.error
    static let party = Party.tokenServer
    static let symptoms = ["A09"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 401, exchange.credentials?.isBearer == true, let date = exchange.date,
            let claims = exchange.credentials?.claims, exchange.isTokenOutsideItsTime
        else { return nil }
        let begin = claims.notBefore.map { $0.microseconds(since: date) / 1_000_000 } ?? 0
        // A token that has merely grown old is no matter of clocks.
        let isFresh = exchange.grant.map { exchange.started.microseconds(since: $0.granted) < 30_000_000 } ?? false
        guard begin > 60 || isFresh else { return nil }
        let words = begin > 60 ? "begins \(begin) s in the registry's future" : "by its clock is over already"
        var evidence = [Evidence(exchange.seq, "request.authorization"), Evidence(exchange.seq, "response.date")]
        if let grant = exchange.grant { evidence.insert(Evidence(grant.seq, "response.body"), at: 0) }
        return finding(
            "\(exchange.host.authority) refused a fresh token that \(words): the clocks of token server and registry disagree.",
            detail: "The registry's clock said \(date.timestamp.prefix(19))Z.",
            advice: """
                Compare the clocks of both machines: `date -u`
                Keep them with NTP: `timedatectl set-ntp true`
                """,
            evidence: evidence, subject: exchange.host.authority)
    }
}
