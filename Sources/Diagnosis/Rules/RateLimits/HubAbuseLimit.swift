import Registry
import TapeModel

/// Docker Hub takes an address for an abuser, whoever is logged in.
///
/// ## What it means
/// This 429 has no JSON and no pull count: it comes from the limit that guards Hub itself and counts every request
/// of an address. A parallel build farm behind one address runs into it.
///
/// ## How to fix it
/// Fewer requests at once (`max-concurrent-downloads` in `/etc/docker/daemon.json`), and one mirror for all machines
/// that share an address. Logging in does not help.
enum HubAbuseLimit: Rule {
    static let name = "hub-abuse-limit"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["C03"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 429, exchange.host.product == .dockerHub, !exchange.isPullLimit,
            exchange.method != "HEAD", !exchange.operation.endpoint.isToken
        else { return nil }
        return finding(
            "Docker Hub answered a plain 429 to \(exchange.requestWords): its limit against abuse, which counts every request of "
                + "this address.",
            detail:
                "The limit of pulls would come with an error document and with RateLimit fields. \(exchange.itSays)",
            advice: """
                Lower the number of requests at once, for Docker in /etc/docker/daemon.json: `{"max-concurrent-downloads": 2}`
                Let machines that share an address pull through one mirror.
                """,
            evidence: [Evidence(exchange.seq, "response.status"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority)
    }
}
