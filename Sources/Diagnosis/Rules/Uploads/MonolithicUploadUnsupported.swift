import Registry
import TapeModel

/// A registry does not take a layer within the PUT that ends its upload.
///
/// ## What it means
/// POST opened the session, PUT brought the whole layer and got 404 `BLOB_UNKNOWN`. Docker uploads with PATCH and
/// works; BuildKit and containerd use POST and PUT.
///
/// ## How to fix it
/// Update the registry (old Artifactory is known for it), or push with another client.
enum MonolithicUploadUnsupported: Rule {
    static let name = "monolithic-upload-unsupported"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["F14"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .uploadPut, exchange.status == 404,
            exchange.exchange.request.body.length > 0,
            exchange.errors.contains(where: { $0.code == "BLOB_UNKNOWN" }), (exchange.upload?.ordinal ?? 2) <= 2
        else { return nil }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords) because it does not take a layer in the PUT that ends its upload.",
            advice: "Update the registry; or push with docker or skopeo, which send the layer with PATCH.",
            evidence: [Evidence(exchange.seq, "request.body"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority)
    }
}
