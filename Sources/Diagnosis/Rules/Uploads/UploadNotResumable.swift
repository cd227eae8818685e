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
            let session = exchange.operation.uploadSession,
            let broken = window.before.last(where: { before in
                before.operation.uploadSession == session && before.exchange.error != nil
            })
        else { return nil }
        return finding(
            "The upload was continued after its connection broke, and Azure had ended it by then "
                + "(exchanges \(broken.seq), \(exchange.seq)).",
            advice: "Begin the upload again with POST instead of going on at the old Location.",
            evidence: [Evidence(broken.seq, "error"), Evidence(exchange.seq, "response.status")],
            subject: exchange.host.authority)
    }
}
