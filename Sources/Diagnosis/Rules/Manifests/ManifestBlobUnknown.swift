import Registry
import TapeModel

/// A manifest was pushed before something that it refers to.
///
/// ## What it means
/// `MANIFEST_BLOB_UNKNOWN`, or `blob unknown`: a layer, the config or a child manifest is not in *this* repository.
/// Its upload failed or was left out, or it lies in another repository and was not mounted.
///
/// ## How to fix it
/// Push layers and child manifests first, and into the same repository. Tools that copy an index must copy what it
/// lists: `skopeo copy --all`, `crane copy`.
enum ManifestBlobUnknown: Rule {
    static let name = "manifest-blob-unknown"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["D23"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .manifestPut, exchange.status == 400 || exchange.status == 404,
            exchange.errors.contains(where: { $0.code == "MANIFEST_BLOB_UNKNOWN" || $0.code == "BLOB_UNKNOWN" })
                || exchange.says("blob unknown")
        else { return nil }
        let repository = exchange.operation.repository ?? "the repository"
        var there: Set<Digest> = []
        for before in window.before
        where before.isSuccess && before.operation.repository == exchange.operation.repository {
            if let digest = before.operation.digest { there.insert(digest) }
        }
        let missing = exchange.manifest.map { manifest in
            (manifest.layers + manifest.manifests + (manifest.config.map { [$0] } ?? [])).compactMap(\.digest)
                .filter { !there.contains($0) }
        }
        // All of it was uploaded, or found, in this trace: another replica answers, and that has a rule of its own.
        guard missing?.isEmpty != true else { return nil }
        let named = missing.flatMap { $0.isEmpty ? nil : $0.prefix(3).map(\.short).joined(separator: " and ") }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords) because the manifest of \(exchange.imageWords ?? repository) "
                + "refers to \(named ?? "something"), which \(repository) does not have.",
            detail: (named == nil ? "" : "No request of this trace uploaded, mounted or found it there. ")
                + exchange.itSays,
            advice:
                "Push every layer and child manifest into \(repository) first; a layer of another repository must be mounted or uploaded.",
            evidence: [Evidence(exchange.seq, "request.body"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority + "/" + repository)
    }
}
