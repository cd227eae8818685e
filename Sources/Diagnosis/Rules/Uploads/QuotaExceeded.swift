import Registry
import TapeModel

/// The project or namespace has no room left.
///
/// ## What it means
/// 403 with the word quota, or `will exceed the configured upper limit`: Harbor's project quota, Quay's namespace quota.
///
/// ## How to fix it
/// Delete old images and collect the garbage, or have the quota raised.
enum QuotaExceeded: Rule {
    static let name = "quota-exceeded"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["F21", "F22"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        let text = exchange.errorText.lowercased()
        guard exchange.operation.endpoint.isWrite, exchange.hasFailed,
            text.contains("quota") || text.contains("exceed the configured upper limit")
        else { return nil }
        let name = exchange.operation.repository?.split(separator: "/").first.map(String.init) ?? "the project"
        return finding(
            "The project \(name) has no room left at \(exchange.host.authority) (exchange \(exchange.seq)).",
            detail: exchange.errors.first?.message ?? "",
            advice:
                "Delete images that nobody needs and let the garbage be collected, or ask for a larger quota of \(name).",
            evidence: [Evidence(exchange.seq, "response.body")], subject: exchange.host.authority + "/" + name)
    }
}
