import Registry
import TapeModel

/// The registry does not accept a fresh token of its own token server.
///
/// ## What it means
/// `invalid_token` for a token that was just made, for the right service and within its time: the registry does not
/// know the key that signed it, or expects another issuer.
///
/// ## How to fix it
/// Align `issuer` and `rootcertbundle` (or JWKS) of the registry with the token server.
enum TokenRejected: Rule {
    static let name = "token-rejected"
    static let severity = Severity.error
    static let party = Party.tokenServer
    static let symptoms = ["A08"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 401, exchange.challengeError == "invalid_token", let grant = exchange.grant,
            exchange.started.microseconds(since: grant.granted) < 30_000_000, !exchange.isTokenOutsideItsTime
        else { return nil }
        let service = exchange.challenges.first(where: \.isBearer)?.service
        let audience = exchange.credentials?.claims?.audience ?? []
        guard service == nil || grant.request.service == nil || grant.request.service == service,
            audience.isEmpty || service == nil || audience.contains(service ?? "")
        else { return nil }
        let issuer = exchange.credentials?.claims?.issuer.map { ", issuer \($0.quotable(80))" } ?? ""
        let key = exchange.credentials?.claims?.keyID.map { ", key \($0.quotable(60))" } ?? ""
        return finding(
            "\(exchange.host.authority) answered 401 invalid_token to a fresh token of \(grant.host)\(issuer)\(key).",
            advice: """
                Compare auth.token.issuer in the registry's config.yml with the issuer of the token.
                Give the registry the certificate or key set that the token server signs with (auth.token.rootcertbundle, or jwks), and restart it.
                """,
            evidence: [Evidence(grant.seq, "response.body"), Evidence(exchange.seq, "response.www-authenticate")],
            subject: exchange.host.authority)
    }
}

extension DecodedExchange {
    /// The registry's clock is before or behind what the token claims.
    var isTokenOutsideItsTime: Bool {
        guard let date, let claims = credentials?.claims else { return false }
        let leeway: Int64 = 60_000_000
        if let begin = claims.notBefore, begin.microseconds - leeway > date.microseconds { return true }
        if let end = claims.expires, end.microseconds + leeway < date.microseconds { return true }
        return false
    }
}
