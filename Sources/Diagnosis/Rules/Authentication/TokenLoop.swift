import Registry
import TapeModel

/// A client gets token after token, and none is accepted.
///
/// ## What it means
/// 401, token, 401, token with the same scope, twice or more: the token server believes to grant, and the registry
/// does not agree. Only the two together can say why.
///
/// ## How to fix it
/// Compare `scope` of the challenge with `access` of the token, and `service` with its audience, `aud`; both stand in
/// the second part of the token, which `base64 -d` reads. Then look at the clocks of both servers, and at the key
/// that signs the tokens.
enum TokenLoop: Rule {
    static let name = "token-loop"
    static let severity = Severity.error
    static let party = Party.tokenServer
    static let symptoms: [String] = []

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 401, exchange.credentials?.isBearer == true, exchange.challengeError == nil,
            let grant = exchange.grant,
            // An image that nobody may see without a login, and a token with too few rights, have rules of their own.
            !exchange.isAnonymous, exchange.grantedActions?.isSuperset(of: exchange.neededActions) ?? true
        else { return nil }
        var rounds: [DecodedExchange] = []
        var current = exchange
        while rounds.count < 5, let before = window.previous(of: current) {
            current = before
            guard before.credentials != nil else { continue }
            guard before.status == 401, before.method == exchange.method, let earlier = before.grant,
                earlier.seq != grant.seq, earlier.request.scopes == grant.request.scopes
            else { break }
            rounds.insert(before, at: 0)
        }
        guard !rounds.isEmpty, !exchange.isRenewed(in: window) else { return nil }
        return finding(
            "\(exchange.host.authority) refused \(rounds.count + 1) fresh tokens of \(grant.host) for the same scope.",
            advice: """
                Compare the scope of the challenge with the token's access, and the service with its audience: the second part of the token says both, see `regtape show TAPE --seq \(exchange.seq)`
                Look at the clocks of both servers, and at the key that signs the tokens.
                """,
            evidence: (rounds + [exchange]).prefix(6).map { Evidence($0.seq, "response.www-authenticate") },
            subject: exchange.host.authority)
    }
}
