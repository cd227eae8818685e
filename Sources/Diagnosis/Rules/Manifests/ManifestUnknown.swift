import Registry
import TapeModel

/// A tag or digest does not exist in the repository.
///
/// ## What it means
/// 404 `MANIFEST_UNKNOWN` or `NAME_UNKNOWN` after the login worked: the tag was never pushed, was deleted, or is spelt otherwise. Docker
/// prints `manifest unknown` or `not found`.
///
/// ## How to fix it
/// List the tags, and compare.
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
        let isPushed = window.around.contains { other in
            other.operation.endpoint == .manifestPut && other.operation.repository == repository
                && other.client == exchange.client
        }
        let hasUploads = window.after.contains {
            $0.operation.endpoint.isUpload && $0.operation.repository == repository
        }
        guard !isPushed, !hasUploads, exchange.errors.allSatisfy({ !$0.message.contains("accept header") }) else {
            return nil
        }
        let isNameUnknown = exchange.errors.contains { $0.code == "NAME_UNKNOWN" }
        let image = reference.isDigest ? "\(repository)@\(reference)" : "\(repository):\(reference)"
        let what = isNameUnknown ? "has no repository \(repository)" : "has no \(image)"
        return finding(
            "\(exchange.host.authority) \(what) (exchange \(exchange.seq)).",
            advice: """
                List what is there: skopeo list-tags docker://\(exchange.host.authority)/\(repository)
                Check the spelling, and whether the job that pushes it has run and pushed to this registry.
                """,
            evidence: [Evidence(exchange.seq, "request.url"), Evidence(exchange.seq, "response.status")],
            subject: "\(exchange.host.authority)/\(image)")
    }
}
