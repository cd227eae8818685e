import Registry
import TapeModel

/// A token server heeds only the last of several scopes.
///
/// ## What it means
/// The client asked for two repositories, to mount a layer from one into the other; the token covers one. The
/// registry then refuses the mount.
///
/// ## How to fix it
/// Update the token server, or switch cross-repository mounts off in the client.
enum LastScopeOnly: Rule {
    static let name = "last-scope-only"
    static let severity = Severity.error
    static let party = Party.tokenServer
    static let symptoms = ["A11"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.isRefusedAccess, let grant = exchange.grant, grant.request.scopes.count > 1,
            let access = exchange.credentials?.claims?.access, access.count == 1, let only = access.first,
            grant.request.scopes.contains(where: { $0.name == only.name }),
            Set(grant.request.scopes.map(\.name)).count > 1, !exchange.isRenewed(in: window)
        else { return nil }
        return finding(
            "\(grant.host) was asked for \(grant.request.scopes.count) scopes and gave a token for \(only.name.quotable(120)) alone, so "
                + "\(exchange.host.authority) answered \(exchange.outcomeWords) to \(exchange.requestWords).",
            advice: "Update the token server; until then push without cross-repository mounts.",
            evidence: [Evidence(grant.seq, "request.url"), Evidence(exchange.seq, "response.status")],
            subject: grant.host)
    }
}
