import Registry
import TapeModel

/// The project or namespace has no room left.
///
/// ## What it means
/// 403 with the word quota, or `will exceed the configured upper limit`: Harbor's project quota, Quay's namespace
/// quota.
///
/// ## How to fix it
/// Delete images that nobody needs and let the garbage be collected, which is what frees the room; or have the quota
/// raised.
enum QuotaExceeded: Rule {
    static let name = "quota-exceeded"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["F21", "F22"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        // With 429 it is a quota of requests.
        guard exchange.operation.endpoint.isWrite, let status = exchange.status, status >= 400, status != 429,
            exchange.saysAny(of: "quota", "exceed the configured upper limit")
        else { return nil }
        let name = exchange.operation.repository?.split(separator: "/").first.map(String.init) ?? "the project"
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords): the project \(name.quotable(80)) has no room left.",
            detail: exchange.itSays,
            advice:
                "Delete images that nobody needs and let the garbage be collected, or ask for a larger quota of \(name).",
            evidence: [Evidence(exchange.seq, "response.body")], subject: exchange.host.authority + "/" + name)
    }
}
