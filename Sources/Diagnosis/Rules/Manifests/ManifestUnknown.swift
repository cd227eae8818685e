import Registry
import TapeModel

/// A tag or digest does not exist in the repository.
///
/// ## What it means
/// 404 `MANIFEST_UNKNOWN` or `NAME_UNKNOWN` after the login worked: the tag was never pushed, was deleted, or is
/// spelt otherwise. Docker prints `manifest unknown` or `not found`.
///
/// ## How to fix it
/// List what is there, `skopeo list-tags docker://REGISTRY/NAME`, and compare. Look whether the job that pushes the
/// image has run, and where it pushed to.
enum ManifestUnknown: Rule {
    static let name = "manifest-unknown"
    static let severity = Severity.error
    static let party = Party.client
    static let isGeneric = true
    static let symptoms = ["D12"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint.isManifestRead, exchange.status == 404, exchange.host.role != .storage,
            exchange.answerer != .middlebox,
            let reference = exchange.operation.reference, let repository = exchange.operation.repository,
            !reference.isAttachment, repository == repository.lowercased()
        else { return nil }
        // Before a push everything is unknown: that is why it is pushed.
        let isOfPush: (DecodedExchange) -> Bool = {
            $0.operation.repository == repository && $0.client == exchange.client
        }
        guard window.firstLater(than: exchange, at: writes, where: isOfPush) == nil,
            window.lastEarlier(than: exchange, at: [.manifestPut], where: isOfPush) == nil,
            !NormalCourse.isFoundAsBlob(exchange, in: window), !exchange.says("accept header")
        else { return nil }
        let isNameUnknown = exchange.errors.contains { $0.code == "NAME_UNKNOWN" }
        let image = exchange.imageWords ?? repository
        let what = isNameUnknown ? "the repository \(repository.quotable(120))" : image
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords): it does not have \(what).",
            advice: """
                List what is there: `skopeo list-tags docker://\(exchange.host.authority)/\(repository)`
                Check the spelling, and whether the job that pushes it has run and pushed to this registry.
                """,
            evidence: [Evidence(exchange.seq, "request.url"), Evidence(exchange.seq, "response.status")],
            subject: "\(exchange.host.authority)/\(image)")
    }

    private static let writes: Set<Endpoint> = [
        .manifestPut, .uploadStart, .uploadMount, .uploadPost, .uploadPatch, .uploadPut,
    ]
}
