import Registry
import TapeModel

/// A layer that was just uploaded is not found.
///
/// ## What it means
/// PUT answered 201, and a HEAD for the same digest soon after 404: the registry's storage, or its replicas, agree
/// only after a while; or the check is redirected to where it fails. Docker prints `Retrying in …`.
///
/// ## How to fix it
/// Use a storage that reads its own writes; let the registry check without redirects.
enum BlobNotYetVisible: Rule {
    static let name = "blob-not-yet-visible"
    static let severity = Severity.warning
    static let party = Party.registry
    static let symptoms = ["F23"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard let status = exchange.status, status == 404 || status == 400 || status == 403,
            exchange.operation.endpoint.isBlobRead || exchange.operation.endpoint.isStorage,
            let digest = exchange.operation.digest ?? exchange.redirectSource?.operation.digest,
            let upload = window.lastEarlier(
                than: exchange, at: [.uploadPut, .uploadPost],
                where: { $0.status == 201 && $0.operation.digest == digest }),
            exchange.started.microseconds(since: upload.ended) < 120_000_000,
            exchange.operation.repository == nil || exchange.operation.repository == upload.operation.repository
        else { return nil }
        return finding(
            "\(upload.url.authority) answered 201 to the upload of \(digest.short), and "
                + (upload.url.authority == exchange.url.authority ? "" : "\(exchange.url.authority) ")
                + "\(exchange.outcomeWords) to \(exchange.requestWords) moments later.",
            advice: """
                Let the registry use a storage that reads its own writes; several replicas must share one.
                If the check was redirected, the storage host may be what fails; with distribution in config.yml: `storage: { redirect: { disable: true } }`
                """,
            evidence: [Evidence(upload.seq, "response.status"), Evidence(exchange.seq, "response.status")],
            subject: exchange.host.authority)
    }
}
