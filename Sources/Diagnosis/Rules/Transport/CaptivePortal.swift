import Registry
import TapeModel

/// The network wants a person to sign in before it lets anything through.
///
/// ## What it means
/// The ping of the registry was redirected to a login page of another host, or answered 200 with a page: a captive
/// portal, likely.
///
/// ## How to fix it
/// Open a browser on that network and sign in.
enum CaptivePortal: Rule {
    static let name = "captive-portal"
    static let severity = Severity.warning
    static let party = Party.network
    static let interest: Interest = [.redirects, .oddContents]
    static let symptoms = ["G14"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .ping else { return nil }
        let target = exchange.redirect?.target
        let leadsAway = target.map { $0.host != exchange.url.host && !$0.path.hasPrefix("/v2") } ?? false
        let isPage =
            exchange.status == 200
            && exchange.responseField("content-type")?.lowercased().hasPrefix("text/html") == true
        guard leadsAway || isPage, exchange.responseField("docker-distribution-api-version") == nil,
            window.nextSuccessAtHost(after: exchange) == nil || isPage
        else { return nil }
        return finding(
            "GET /v2/ of \(exchange.url.authority) was answered \(exchange.status ?? 200) with "
                + "\(leadsAway ? "a redirect to \(target?.authority ?? "")" : "a web page"): likely a network that wants a sign-in first.",
            advice: "Open any page in a browser on this network and sign in; then try again.",
            evidence: [Evidence(exchange.seq, leadsAway ? "response.location" : "response.content-type")],
            subject: exchange.host.authority)
    }
}
