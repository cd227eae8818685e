import Registry
import TapeModel

/// A client gets token after token, and none is accepted.
///
/// ## What it means
/// 401, token, 401, token with the same scope, twice or more: the token server believes to grant, and the registry does not agree. Only the
/// two together can say why.
///
/// ## How to fix it
/// Compare what the challenge asks for with what the token grants.
enum TokenLoop: Rule {
    static let name = "token-loop"
    static let severity = Severity.error
    static let party = Party.tokenServer
    static let symptoms: [String] = []

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 401, exchange.credentials?.isBearer == true, exchange.challengeError == nil,
            let grant = exchange.grant
        else {
            return nil
        }
        let rounds = window.before.filter { before in
            before.status == 401 && before.method == exchange.method && before.url == exchange.url
                && before.grant.map { $0.request.scopes == grant.request.scopes && $0.seq != grant.seq } ?? false
        }
        guard !rounds.isEmpty else { return nil }
        return finding(
            "\(exchange.host.authority) refused \(rounds.count + 1) fresh tokens of \(grant.host) for the same scope "
                + "(exchanges \((rounds.map(\.seq) + [exchange.seq]).prefix(6).map(String.init).joined(separator: ", "))).",
            advice: """
                Compare scope in the challenge with the token's access claim, and service with its audience.
                Look at the clocks of both servers, and at the key that signs the tokens.
                """,
            evidence: (rounds + [exchange]).prefix(6).map { Evidence($0.seq, "response.www-authenticate") },
            subject: exchange.host.authority)
    }
}
