import Registry
import TapeModel

/// The registry does not know an upload any more.
///
/// ## What it means
/// 404 `BLOB_UPLOAD_UNKNOWN` for a session that the trace saw begin: it was purged after a long pause, ended
/// already, or lies in storage that another replica does not see.
///
/// ## How to fix it
/// Begin the upload again with POST; let replicas share their storage.
enum UploadUnknown: Rule {
    static let name = "upload-unknown"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["F02"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint.isUpload, exchange.status == 404,
            exchange.errors.contains(where: { $0.code == "BLOB_UPLOAD_UNKNOWN" }),
            exchange.operation.endpoint != .uploadStatus, exchange.operation.endpoint != .uploadCancel
        else { return nil }
        // Azure ends an upload whose connection broke; that has a rule of its own.
        guard exchange.host.product != .acr || window.brokenStep(before: exchange) == nil else { return nil }
        var evidence = [Evidence(exchange.seq, "request.url"), Evidence(exchange.seq, "response.body")]
        if let start = exchange.upload?.startedBy { evidence.insert(Evidence(start, "response.location"), at: 0) }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords): it does not know the upload "
                + "\(exchange.operation.uploadSession?.quotable(36) ?? "") any more.",
            advice: """
                Begin the upload again: push once more; layers that are complete are skipped.
                If it happens at random, the replicas of the registry do not share their storage.
                """,
            evidence: evidence, subject: exchange.host.authority)
    }
}
