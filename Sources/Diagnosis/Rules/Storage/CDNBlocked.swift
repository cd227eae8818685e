import Registry
import TapeModel

/// A CDN blocks this client's address or country.
///
/// ## What it means
/// The answer is a page of CloudFront or Google, not of the registry: `The request could not be satisfied`, or
/// `Your client does not have permission to get URL`. The registry has not seen the request.
///
/// ## How to fix it
/// Another way out to the network, a mirror, or a word with the provider.
enum CDNBlocked: Rule {
    static let name = "cdn-blocked"
    static let severity = Severity.error
    static let party = Party.proxy
    static let symptoms = ["B21", "B24"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 403, case .html(let page)? = exchange.errorBody else { return nil }
        let text = (page.title ?? "") + " " + page.text
        let isCloudFront = text.containsIgnoringASCIICase("request could not be satisfied")
        let isGoogle = text.containsIgnoringASCIICase("does not have permission to get url")
        guard isCloudFront || isGoogle else { return nil }
        return finding(
            "\(isCloudFront ? "CloudFront" : "Google") answered 403 in front of \(exchange.host.authority) and blocks this client, likely "
                + "for its address or country.",
            detail: exchange.itSays,
            advice:
                "Leave the network by another address, pull through a mirror, or ask the owner of \(exchange.host.authority).",
            evidence: [Evidence(exchange.seq, "response.body")], subject: exchange.host.authority)
    }
}
