import Registry
import TapeModel

/// A chunk names its range as HTTP does, and not as the distribution specification does.
///
/// ## What it means
/// For uploads it is `Content-Range: 0-1023`, without `bytes` and without a total (end-5). Strict registries refuse
/// the other form.
///
/// ## How to fix it
/// Leave `bytes ` and `/…` out.
enum ContentRangeForm: Rule {
    static let name = "content-range-form"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["F05"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .uploadPatch || exchange.operation.endpoint == .uploadPut,
            let status = exchange.status, status == 400 || status == 416 || status < 500 && exchange.says("range"),
            let field = exchange.requestField("content-range"), field.lowercased().hasPrefix("bytes")
        else { return nil }
        let plain =
            field.dropFirst(5).split(separator: "/").first.map { $0.drop { $0 == " " || $0 == "=" } } ?? "0-1023"
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords) because the chunk says Content-Range: \(field.quotable(60)), a form "
                + "that uploads do not use.",
            detail: exchange.itSays,
            advice: "Send the range alone: `Content-Range: \(String(plain).quotable(40))`",
            evidence: [Evidence(exchange.seq, "request.content-range"), Evidence(exchange.seq, "response.status")],
            subject: exchange.host.authority)
    }
}
