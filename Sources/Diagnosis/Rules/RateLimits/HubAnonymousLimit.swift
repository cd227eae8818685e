import Registry
import TapeModel

/// Docker Hub's limit for pulls without a login is used up.
///
/// ## What it means
/// Hub counts manifest requests of everybody behind one IPv4 address, or one IPv6 /64, who is not logged in: 100 in six
/// hours. The token of this request was anonymous, so it fell into that pot. Docker prints `You have reached your
/// unauthenticated pull rate limit`.
///
/// ## How to fix it
/// Log in, also on build machines; or pull through a mirror or cache. Waiting helps as well: the window slides.
enum HubAnonymousLimit: Rule {
    static let name = "hub-anonymous-limit"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["C01"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 429, exchange.host.product == .dockerHub, exchange.isPullLimit,
            exchange.isAnonymous
        else { return nil }
        let limit = exchange.rateLimit?.limit.map { " of \($0)" } ?? ""
        return finding(
            "Docker Hub answered 429 to \(exchange.requestWords) because pulls without a login from this address have used up their "
                + "limit\(limit).",
            detail: "The limit is shared by everybody behind the same address.",
            advice: """
                Log in, so that your own limit counts: `docker login`
                On build machines use a mirror; in /etc/docker/daemon.json: `{"registry-mirrors": ["https://MIRROR"]}`
                Or wait: the window is six hours and slides.
                """,
            evidence: [Evidence(exchange.seq, "response.status"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority)
    }
}
