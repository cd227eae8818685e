import Registry
import TapeModel

/// A server refuses a client because of its name.
///
/// ## What it means
/// The same request succeeded with another `User-Agent` in this trace and failed with this one: a filter of the
/// registry or of something before it.
///
/// ## How to fix it
/// Ask for the filter to be changed, or update the client.
enum UserAgentRefused: Rule {
    static let name = "user-agent-refused"
    static let severity = Severity.warning
    static let party = Party.proxy
    static let symptoms = ["K04"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard let status = exchange.status, status == 403 || status == 400 || status == 406,
            let agent = exchange.client?.userAgent, exchange.errors.isEmpty,
            let other = [window.laterSuccess(of: exchange), window.earlierSuccess(of: exchange)].compactMap(\.self)
                .first(where: { other in
                    other.hasSucceeded && other.method == exchange.method && other.url == exchange.url
                        && other.client?.userAgent != nil && other.client?.userAgent != agent
                        && other.credentials?.identity == exchange.credentials?.identity
                })
        else { return nil }
        return finding(
            "\(exchange.host.words.capitalizedFirst) answered \(status) to \(exchange.clientWords), likely for its User-Agent: "
                + "\(other.clientWords) made the same request and succeeded.",
            advice: "Ask whoever runs \(exchange.host.authority) to let this client through, or update it.",
            evidence: [Evidence(exchange.seq, "request.user-agent"), Evidence(other.seq, "request.user-agent")],
            subject: "\(exchange.host.authority) \(agent)")
    }
}
