import Registry
import TapeModel

/// Somebody who is logged in may not do what was asked.
///
/// ## What it means
/// The login worked, and the token does not grant the action (`insufficient_scope`), or the registry answered 403. The token's own
/// `access` says what was granted.
///
/// ## How to fix it
/// Give the identity the right on that repository.
enum AccessNotGranted: Rule {
    static let name = "access-not-granted"
    static let severity = Severity.error
    static let party = Party.client
    static let isGeneric = true
    static let symptoms: [String] = []

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.isRefusedAccess, exchange.host.role != .storage, exchange.answerer != .middlebox,
            !exchange.operation.endpoint.isToken, exchange.operation.endpoint != .signatureGet,
            !(exchange.isAnonymous && exchange.neededActions == ["pull"]), exchange.challengeError != "invalid_token"
        else { return nil }
        let has = exchange.grantedActions.map {
            $0.isEmpty ? "grants nothing there" : "grants \($0.sorted().joined(separator: " and "))"
        }
        var evidence = [Evidence(exchange.seq, "response.status")]
        if let grant = exchange.grant { evidence.insert(Evidence(grant.seq, "response.body"), at: 0) }
        let needs = exchange.neededActions.sorted().joined(separator: " and ")
        return finding(
            "\(exchange.host.words.capitalizedFirst) refuses \(needs) on \(exchange.repositoryWords) with \(exchange.status ?? 0)"
                + (has.map { "; the token \($0)" } ?? "") + " (exchange \(exchange.seq)).",
            detail: exchange.errors.first?.message ?? "",
            advice:
                "Give the identity that is logged in the right to \(needs) on \(exchange.repositoryWords), and log in again.",
            evidence: evidence, subject: exchange.host.authority + "/" + exchange.repositoryWords)
    }
}
