import Registry
import TapeModel

/// CloudFront does not know the key that signed a URL, or the URL lost it.
///
/// ## What it means
/// 403 with `Missing Key-Pair-Id` or `Unknown Key`: parameters of the URL were dropped on the way, or the registry
/// signs with a key that the distribution does not trust.
///
/// ## How to fix it
/// Keep the whole query of the Location; compare the key pair in the registry's configuration with the distribution's.
enum CDNKeyUnknown: Rule {
    static let name = "cdn-key-unknown"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["B22"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 403, exchange.redirectSource != nil || exchange.host.role == .storage else {
            return nil
        }
        let isMissing = exchange.hasCode("MissingKey") || exchange.says("missing key-pair-id")
        guard isMissing || exchange.hasCode("UnknownKey") || exchange.says("unknown key") else { return nil }
        return finding(
            "\(exchange.host.words.capitalizedFirst) answered \(exchange.outcomeWords): CloudFront "
                + "\(isMissing ? "misses Key-Pair-Id in" : "does not know the key that signed") the URL.",
            advice: isMissing
                ? "Use the Location with its whole query; see that no proxy drops parameters."
                : "Compare keypairid in the registry's configuration with the trusted key groups of the distribution.",
            evidence: [Evidence(exchange.seq, "request.url"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority, party: isMissing ? .client : .registry)
    }
}
