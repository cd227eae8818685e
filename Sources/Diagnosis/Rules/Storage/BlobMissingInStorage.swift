import Registry
import TapeModel

/// The registry knows a layer that its storage does not have.
///
/// ## What it means
/// The registry redirected, so its records have the blob; the storage answered 404. The data was removed behind the
/// registry's back: a lifecycle rule, a partial restore, a garbage collection that went wrong, another root or
/// prefix.
///
/// ## How to fix it
/// Push the image again: a push with that layer brings the data back. Then look for who deletes.
enum BlobMissingInStorage: Rule {
    static let name = "blob-missing-in-storage"
    static let severity = Severity.error
    static let party = Party.storage
    static let symptoms = ["B15"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 404, let source = exchange.redirectSource, source.operation.endpoint.isBlobRead,
            exchange.answerer != .registry || exchange.operation.endpoint.isStorage
        else { return nil }
        let digest = source.operation.digest?.short ?? "the blob"
        return finding(
            "\(source.url.authority) redirected \(digest) to \(exchange.url.authority), which answered \(exchange.outcomeWords): the registry "
                + "knows the layer and its storage does not have it.",
            advice: """
                Push the image again from where it still is; that uploads the missing layer.
                Then look for what deleted it: lifecycle rules, garbage collection, a restore, another storage root.
                """,
            evidence: [Evidence(source.seq, "response.location"), Evidence(exchange.seq, "response.status")],
            subject: source.operation.digest?.description ?? exchange.host.authority)
    }
}
