import Registry
import TapeModel

/// The signed URL of a layer had expired when it was used.
///
/// ## What it means
/// The registry redirects to a URL that carries a signature with an end: twenty minutes with distribution, one
/// minute with Quay. The storage got the request after that end. The download waited in a queue, was resumed, or
/// somebody kept the URL. Azure says 403 `AuthenticationFailed` and names the time frame, S3 403 `AccessDenied`
/// with `Expires` and `ServerTime`.
///
/// ## How to fix it
/// Ask the registry again for the blob: each answer has a new signature. Fewer layers at once help slow lines.
enum SignatureExpired: Rule {
    static let name = "signature-expired"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["B06", "B09"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.hasFailed, let status = exchange.status, (400..<500).contains(status),
            exchange.storageSaysExpired || exchange.hasPassedSignatureEnd, exchange.credentials == nil,
            !exchange.wasStaleWhenIssued
        else { return nil }
        let late = exchange.signature?.expires.flatMap { end in
            exchange.date.map { $0.microseconds(since: end) / 1_000_000 }
        }
        let after = late.flatMap { $0 > 0 ? " \($0) s before" : nil } ?? " before"
        let source = exchange.redirectSource
        let waited = source.map { exchange.started.microseconds(since: $0.answered) / 1_000_000 }
        var evidence = [Evidence(exchange.seq, "request.url"), Evidence(exchange.seq, "response.body")]
        if let source { evidence.insert(Evidence(source.seq, "response.location"), at: 0) }
        return finding(
            "\(exchange.host.words.capitalizedFirst) answered \(exchange.outcomeWords) because the signature of the URL had expired\(after) it "
                + "was used.",
            detail: waited.map { $0 > 1 ? "The client used it \($0) s after the registry gave it." : "" } ?? "",
            advice: """
                Ask the registry for the blob again: it redirects to a fresh URL. Never keep such URLs.
                On slow lines pull fewer layers at once; for Docker in /etc/docker/daemon.json: `{"max-concurrent-downloads": 1}`
                """,
            evidence: evidence, subject: exchange.host.authority)
    }
}

extension DecodedExchange {
    /// The end in the URL is before the storage's own clock.
    fileprivate var hasPassedSignatureEnd: Bool {
        // A storage that names another reason is believed.
        guard status == 403 || status == 401, let end = signature?.expires, let date,
            storageError.map({ $0.code == "AuthenticationFailed" || $0.code == "AccessDenied" }) ?? true
        else { return false }
        return date > end
    }
}
