import Registry
import TapeModel

/// The connection broke while a layer was being uploaded.
///
/// ## What it means
/// The body was on its way and no answer came: a proxy or load balancer with a time or size limit, a registry that
/// went away, or, at Azure, a single request of hundreds of megabytes. Docker prints `EOF` or `connection reset by
/// peer` and tries again.
///
/// ## How to fix it
/// Look at the limits of time and size in each proxy and load balancer between client and registry. Push again:
/// complete layers are skipped. A client that uploads in chunks gets through where a single request does not.
enum UploadCut: Rule {
    static let name = "upload-cut"
    static let severity = Severity.error
    static let party = Party.network
    static let isGeneric = true
    static let symptoms = ["F12", "F28"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint.isUpload, let failure = exchange.exchange.error, exchange.status == nil,
            exchange.exchange.request.body.length > 0, failure.party != .client, failure.party != .recorder
        else { return nil }
        let octets = exchange.exchange.request.body.length
        let seconds = exchange.exchange.timing.duration / 1_000_000
        return finding(
            "The connection to \(exchange.host.words) broke after \(octets) octets and \(seconds) s of \(exchange.requestWords), without an "
                + "answer.",
            detail: failure.detail,
            advice: """
                Look at limits of time and size in every proxy and load balancer before \(exchange.host.authority).
                Push again: complete layers are skipped.\(octets > 100_000_000 ? " A client that uploads in chunks gets through." : "")
                """,
            evidence: [Evidence(exchange.seq, "error")], subject: exchange.host.authority)
    }
}
