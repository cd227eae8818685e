import Registry
import TapeModel

/// A layer arrived empty.
///
/// ## What it means
/// 200 with no octets for a blob that is not the empty one. Clients then report a digest of `sha256:e3b0c44298fc…`,
/// which is that of nothing.
///
/// ## How to fix it
/// Look at what answers: a cache with an empty entry, a storage that lost the content, a missing Content-Length.
enum EmptyBlob: Rule {
    static let name = "empty-blob"
    static let severity = Severity.error
    static let party = Party.storage
    static let interest = Interest.blobs
    static let symptoms = ["D20"]

    private static let digestOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.method == "GET", exchange.status == 200, exchange.exchange.error == nil,
            exchange.operation.endpoint == .blobGet || exchange.operation.endpoint == .storageGet,
            exchange.exchange.response?.body.length == 0,
            let digest = exchange.operation.digest ?? exchange.redirectSource?.operation.digest,
            digest.hex != digestOfNothing
        else { return nil }
        return finding(
            "\(exchange.host.words.capitalizedFirst) answered 200 with no content for \(digest.short), which is not the empty blob.",
            advice: """
                Purge the object from any cache before \(exchange.host.authority) and pull again.
                If the storage itself has an empty object, push the image again.
                """,
            evidence: [Evidence(exchange.seq, "response.body")], subject: digest.description,
            party: exchange.answerer?.party)
    }
}
