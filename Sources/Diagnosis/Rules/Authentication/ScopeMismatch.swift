import Registry
import TapeModel

/// A client asked for another scope than the challenge named.
///
/// ## What it means
/// The token is for another repository or for fewer actions than the registry said it needs: a wrong name, other capitals, or a missing `push`.
///
/// ## How to fix it
/// Ask for the scope of the challenge as it stands.
enum ScopeMismatch: Rule {
    static let name = "scope-mismatch"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms: [String] = []

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 401 || exchange.status == 403, exchange.credentials?.isBearer == true,
            let grant = exchange.grant,
            let wanted =
                (exchange.challenges.first { $0.isBearer && !$0.scopes.isEmpty }
                ?? exchange.challenge?.challenges.first { $0.isBearer && !$0.scopes.isEmpty })?.scopes.first,
            !grant.request.scopes.isEmpty
        else { return nil }
        let covers = grant.request.scopes.contains { asked in
            asked.name == wanted.name
                && (asked.actions.contains("*") || Set(wanted.actions).isSubset(of: Set(asked.actions)))
        }
        guard !covers else { return nil }
        return finding(
            "The token was asked for \(grant.request.scopes.map(\.description).prefix(2).joined(separator: " ")), but "
                + "\(exchange.host.authority) wants \(wanted) (exchanges \(grant.seq), \(exchange.seq)).",
            advice: "Ask the token server with scope=\(wanted)",
            evidence: [Evidence(grant.seq, "request.url"), Evidence(exchange.seq, "response.www-authenticate")],
            subject: exchange.host.authority + "/" + wanted.name)
    }
}
