import Registry
import TapeModel

/// A manifest was pushed before something that it refers to.
///
/// ## What it means
/// `MANIFEST_BLOB_UNKNOWN`, or `blob unknown`: a layer, the config or a child manifest is not in *this* repository. Its upload failed or
/// was left out, or it lies in another repository and was not mounted.
///
/// ## How to fix it
/// Push layers and child manifests first, into the same repository.
enum ManifestBlobUnknown: Rule {
    static let name = "manifest-blob-unknown"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["D23"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .manifestPut, exchange.status == 400 || exchange.status == 404,
            exchange.errors.contains(where: { $0.code == "MANIFEST_BLOB_UNKNOWN" || $0.code == "BLOB_UNKNOWN" })
                || exchange.errorText.lowercased().contains("blob unknown")
        else { return nil }
        let repository = exchange.operation.repository ?? "the repository"
        let missing = exchange.manifest.map { manifest in
            (manifest.layers + manifest.manifests + (manifest.config.map { [$0] } ?? [])).compactMap(\.digest)
                .filter { digest in
                    !window.before.contains { before in
                        before.operation.repository == exchange.operation.repository
                            && before.operation.digest == digest
                            && before.isSuccess
                    }
                }
        }
        let named = missing.flatMap { $0.isEmpty ? nil : $0.prefix(3).map(\.short).joined(separator: ", ") }
        return finding(
            "The manifest of \(repository) refers to something that was not pushed there before it (exchange \(exchange.seq)).",
            detail: named.map { "No successful upload of this trace brought \($0)." }
                ?? (exchange.errors.first?.message ?? ""),
            advice:
                "Push every layer and child manifest into \(repository) first; a layer of another repository must be mounted or uploaded.",
            evidence: [Evidence(exchange.seq, "request.body"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority + "/" + repository)
    }
}
