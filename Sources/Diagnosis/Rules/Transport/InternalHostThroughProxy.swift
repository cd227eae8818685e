import Registry
import TapeModel

/// A registry of the own network was asked through a proxy that cannot reach it.
///
/// ## What it means
/// The host has a private address or an internal name, and the proxy answered for it with an error: `NO_PROXY` of
/// the client lacks it.
///
/// ## How to fix it
/// Add the host to `NO_PROXY` of the client. Docker's daemon has a setting of its own: `{"proxies": {"no-proxy":
/// "HOST"}}` in `/etc/docker/daemon.json`.
enum InternalHostThroughProxy: Rule {
    static let name = "internal-host-through-proxy"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["G22"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard let status = exchange.status, [403, 502, 503, 504].contains(status),
            AddressWords.isPrivate(exchange.url.host),
            exchange.responseField("via") != nil || exchange.responseField("x-squid-error") != nil
                || exchange.responseField("proxy-status") != nil, exchange.errors.isEmpty
        else { return nil }
        // A gateway of the registry's own may name itself in Via as well.
        let isCertain = exchange.responseField("x-squid-error") != nil || exchange.answerer == .middlebox
        return finding(
            "\(exchange.clientWords.capitalizedFirst) asked \(exchange.url.authority), a host of its own network,"
                + "\(isCertain ? "" : " likely") through a proxy, which answered \(status).",
            advice:
                "Add it to NO_PROXY of the client: `export NO_PROXY=\(exchange.host.name)`\nFor Docker's daemon in /etc/docker/daemon.json: "
                + "`{\"proxies\": {\"no-proxy\": \"\(exchange.host.name)\"}}`",
            evidence: [Evidence(exchange.seq, "response.via")], subject: exchange.host.authority,
            severity: isCertain ? .error : .warning)
    }
}
