import Registry
import TapeModel

/// A registry does not give pages as large as were asked for.
///
/// ## What it means
/// `n` is above the registry's limit: 400 `PAGINATION_NUMBER_INVALID`, at Amazon's any n above 1000.
///
/// ## How to fix it
/// Ask with `?n=100` and follow `Link` until an answer has none. With distribution the limit is `catalog.maxentries`.
enum PageSizeRefused: Rule {
    static let name = "page-size-refused"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["I03"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        let isList = exchange.operation.endpoint == .catalogList || exchange.operation.endpoint == .tagsList
        guard isList, exchange.status == 400,
            let size = exchange.url[parameter: "n"],
            exchange.errors.contains(where: { $0.code == "PAGINATION_NUMBER_INVALID" })
                || (Int(size).map { $0 > 1_000 } ?? true)
        else { return nil }
        return finding(
            "\(exchange.host.words.capitalizedFirst) answered \(exchange.outcomeWords): it refuses pages of \(size.quotable(20)) entries.",
            advice: "Ask with n=100 and follow the Link field from page to page.",
            evidence: [Evidence(exchange.seq, "request.url"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority)
    }
}
