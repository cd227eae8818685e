import Registry
import TapeModel

/// Nexus calls an upload invalid.
///
/// ## What it means
/// 400 `BLOB_UPLOAD_INVALID` from Nexus, known with BuildKit's cache exports. The cause is likely on the server.
///
/// ## How to fix it
/// Try again; update Nexus if it stays.
enum NexusUploadInvalid: Rule {
    static let name = "nexus-upload-invalid"
    static let severity = Severity.warning
    static let party = Party.registry
    static let symptoms = ["F27"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.host.product == .nexus, exchange.operation.endpoint.isUpload, exchange.status == 400,
            exchange.errors.contains(where: { $0.code == "BLOB_UPLOAD_INVALID" })
        else { return nil }
        return finding(
            "Nexus at \(exchange.host.authority) answered \(exchange.outcomeWords) to an upload, likely for a reason of its own.",
            advice: "Push again; if it stays, update Nexus, or export the cache with other settings (mode=min).",
            evidence: [Evidence(exchange.seq, "response.body")], subject: exchange.host.authority)
    }
}
