import Registry
import TapeModel

/// A download that broke off could not be resumed.
///
/// ## What it means
/// The client asked for the rest with `Range`, and the storage, or something before it, refused.
///
/// ## How to fix it
/// Fetch the layer from its beginning; fix what breaks long downloads.
enum ResumeRefused: Rule {
    static let name = "resume-refused"
    static let severity = Severity.warning
    static let party = Party.storage
    static let symptoms = ["B29"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint.isStorage || exchange.operation.endpoint == .blobGet,
            exchange.method == "GET",
            let status = exchange.status, status == 400 || status == 416 || status == 501,
            let first = exchange.operation.range?.first, first > 0, exchange.credentials == nil || status == 416,
            // Nothing was left: the client had it all.
            exchange.responseField("content-range")?.hasSuffix("/\(first)") != true
        else { return nil }
        let broken = window.previous(of: exchange).flatMap { $0.exchange.error == nil ? nil : $0 }
        return finding(
            "\(exchange.host.words.capitalizedFirst) answered \(exchange.outcomeWords) and likely refuses to resume a download at octet "
                + "\(first).",
            detail: exchange.itSays,
            advice: "Start the layer again from its beginning, and look for what broke the first download.",
            evidence: (broken.map { [Evidence($0.seq, "error")] } ?? []) + [Evidence(exchange.seq, "request.range")],
            subject: exchange.host.authority)
    }
}
