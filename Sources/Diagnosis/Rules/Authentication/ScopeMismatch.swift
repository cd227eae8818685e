import Registry
import TapeModel

/// A client asked for another scope than the challenge named.
///
/// ## What it means
/// The token is for another repository or for fewer actions than the registry said it needs: a wrong name, other
/// capitals, or a missing `push`.
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
        guard !covers, !exchange.isRenewed(in: window) else { return nil }
        return finding(
            "\(exchange.clientWords.capitalizedFirst) asked for a token for "
                + "\(grant.request.scopes.prefix(2).map(\.description).joined(separator: " ").quotable(160)), but \(exchange.host.authority) "
                + "wants one for \(wanted.description.quotable(160)).",
            advice:
                "Ask the token server with the scope of the challenge as it stands: `scope=\(wanted.description.quotable(160))`",
            evidence: [Evidence(grant.seq, "request.url"), Evidence(exchange.seq, "response.www-authenticate")],
            subject: exchange.host.authority + "/" + wanted.name)
    }
}
