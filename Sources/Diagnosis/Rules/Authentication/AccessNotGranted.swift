import Registry
import TapeModel

/// Somebody who is logged in may not do what was asked.
///
/// ## What it means
/// The login worked, and the token does not grant the action (`insufficient_scope`), or the registry answered 403.
/// The token's own `access` says what was granted.
///
/// ## How to fix it
/// Give the identity the right on that repository, then log in again, since a token keeps what it was given with.
/// What it was given with is in its second part, between the dots: `base64 -d` reads what `regtape show TAPE --seq N`
/// prints.
enum AccessNotGranted: Rule {
    static let name = "access-not-granted"
    static let severity = Severity.error
    static let party = Party.client
    static let isGeneric = true
    static let symptoms: [String] = []

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.isRefusedAccess, exchange.host.role != .storage, exchange.answerer != .middlebox,
            !exchange.operation.endpoint.isToken, exchange.operation.endpoint != .signatureGet,
            !(exchange.isAnonymous && exchange.neededActions == ["pull"]), exchange.challengeError != "invalid_token",
            !exchange.isRenewed(in: window)
        else { return nil }
        let has = exchange.grantedActions.map {
            $0.isEmpty ? "grants nothing there" : "grants \($0.sorted().joined(separator: " and "))"
        }
        var evidence = [Evidence(exchange.seq, "response.status")]
        if let grant = exchange.grant { evidence.insert(Evidence(grant.seq, "response.body"), at: 0) }
        let needs = exchange.neededActions.sorted().joined(separator: " and ")
        return finding(
            "\(exchange.host.words.capitalizedFirst) answered \(exchange.outcomeWords) to \(exchange.requestWords)"
                + (has.map { "; the token \($0)" } ?? "") + ".",
            detail: exchange.itSays,
            advice: exchange.isAnonymous
                ? "Log in as somebody who may \(needs) there: `\(exchange.host.loginCommand)`"
                : "Give the identity that is logged in the right to \(needs) on \(exchange.repositoryWords), then log in again: "
                    + "`\(exchange.host.loginCommand)`",
            evidence: evidence, subject: exchange.host.authority + "/" + exchange.repositoryWords)
    }
}
