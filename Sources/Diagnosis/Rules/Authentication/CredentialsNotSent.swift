import Registry
import TapeModel

/// The registry asked for a login, and the client had none to show.
///
/// ## What it means
/// 401 with a challenge, and no token was asked for and nothing sent again: no credential is stored for exactly
/// this host. Docker prints `no basic auth credentials` or `authentication required`.
///
/// ## How to fix it
/// Log in to exactly this host; look at `credHelpers` and `auths` in the client's configuration.
enum CredentialsNotSent: Rule {
    static let name = "credentials-not-sent"
    static let severity = Severity.error
    static let party = Party.client
    static let interest = Interest.challenges
    static let isGeneric = true
    static let symptoms = ["A01"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 401, exchange.credentials == nil, !exchange.operation.endpoint.isToken,
            window.reachesEnd || exchange.operation.endpoint != .ping && window.after.count > 100,
            exchange.host.product != .ecr,
            let challenge = exchange.challenges.first, exchange.host.role != .storage,
            // A server that is no registry has another rule.
            exchange.answerer != .middlebox
        else { return nil }
        guard window.nextWithCredentials(after: exchange) == nil, window.lastWithCredentials(before: exchange) == nil,
            !challenge.isBearer || window.nextTokenExchange(after: exchange) == nil
        else { return nil }
        let realm = challenge.realm ?? ""
        // A connection to the token server that failed is told by what it failed of.
        let hasFailedConnection = window.connections.contains { connection in
            connection.connection.failure != nil && realm.contains(connection.host.name)
        }
        guard !hasFailedConnection, !(challenge.isBearer && isAsked(realm, after: exchange, in: window)) else {
            return nil
        }
        // Who pings by hand sees that the registry is there; a registry client would have gone on.
        let isPing = exchange.operation.endpoint == .ping && isGeneral(exchange.client)
        return finding(
            "\(exchange.host.authority) asked for a login with \(exchange.status ?? 401), and \(exchange.clientWords) had none to show.",
            advice: """
                Log in to exactly this host: `\(exchange.host.loginCommand)`
                The stored name must be spelt the same: look under auths and credHelpers: `cat ~/.docker/config.json`
                """,
            evidence: [Evidence(exchange.seq, "response.www-authenticate")], subject: exchange.host.authority,
            severity: isPing ? .note : .error)
    }

    /// Something else than a token was asked of the realm's host; a path that nobody knows, or a page.
    private static func isAsked(_ realm: String, after exchange: DecodedExchange, in window: TraceWindow) -> Bool {
        window.firstLater(than: exchange, at: [.unknown, .connect]) {
            $0.url.host != exchange.url.host && realm.contains($0.url.host)
        } != nil
    }

    private static func isGeneral(_ client: ClientProduct?) -> Bool {
        client.map { ["curl", "wget", "python-requests", "python-urllib"].contains($0.name) } ?? false
    }
}
