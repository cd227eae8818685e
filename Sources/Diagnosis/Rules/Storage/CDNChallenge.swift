import Registry
import TapeModel

/// A CDN wants proof that a human asks.
///
/// ## What it means
/// Cloudflare answered 403 with its challenge page: the address of this client is shared with somebody who behaves
/// badly. No container client can answer that.
///
/// ## How to fix it
/// Another way out to the network, or a mirror.
enum CDNChallenge: Rule {
    static let name = "cdn-challenge"
    static let severity = Severity.error
    static let party = Party.proxy
    static let symptoms = ["B20"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard let status = exchange.status, status == 403 || status == 503, case .html(let page)? = exchange.errorBody,
            exchange.responseField("cf-ray") != nil
                || exchange.responseField("server")?.lowercased() == "cloudflare",
            page.text.containsIgnoringASCIICase("security check") || page.title?.contains("Attention Required") == true
                || page.title?.contains("Just a moment") == true
        else { return nil }
        let ray =
            exchange.responseField("cf-ray").map { " and give its owner the id of the answer, \($0.quotable(40))" }
            ?? ""
        return finding(
            "Cloudflare in front of \(exchange.host.authority) answered \(status) and wants a human to pass its check.",
            advice:
                "Leave the network by another address, or pull through a mirror\(ray).",
            evidence: [Evidence(exchange.seq, "response.body")], subject: exchange.host.authority)
    }
}
