import Registry
import TapeModel

/// An upload was continued after its connection had broken, which this registry does not allow.
///
/// ## What it means
/// A request of the session broke off; the next one to the same Location got 404. Azure's sessions end with a fault.
///
/// ## How to fix it
/// Begin again with POST.
enum UploadNotResumable: Rule {
    static let name = "upload-not-resumable"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["F03"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint.isUpload, exchange.status == 404, exchange.host.product == .acr,
            let broken = window.brokenStep(before: exchange)
        else { return nil }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords) because the upload was continued after its connection had broken: "
                + "Azure ends it then.",
            advice: "Begin the upload again with POST instead of going on at the old Location.",
            evidence: [Evidence(broken.seq, "error"), Evidence(exchange.seq, "response.status")],
            subject: exchange.host.authority)
    }
}
