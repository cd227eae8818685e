import Registry
import TapeModel

/// An upload was to be ended without naming its digest.
///
/// ## What it means
/// PUT needs `digest=` in its query. It is missing, or was put behind the Location with `?` although that has a
/// query already.
///
/// ## How to fix it
/// Append it with `&` where the Location has a query, and with `?` where it has none.
enum DigestParameterMissing: Rule {
    static let name = "digest-parameter-missing"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["F07"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .uploadPut, exchange.operation.digest == nil,
            let status = exchange.status, status == 400 || status == 404 || status == 405
        else { return nil }
        let isGlued = exchange.url.query.contains { $0.value.contains("?digest=") }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords) because the PUT that ends the upload has "
                + "\(isGlued ? "no readable" : "no") digest in its query.",
            advice: isGlued
                ? "The Location has a query already: append `&digest=sha256:…` instead of `?digest=sha256:…`"
                : "Append `digest=sha256:…` to the Location, behind ? or, where it has a query already, behind &.",
            evidence: [Evidence(exchange.seq, "request.url"), Evidence(exchange.seq, "response.status")],
            subject: exchange.host.authority)
    }
}
