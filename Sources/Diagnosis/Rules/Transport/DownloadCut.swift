import Registry
import TapeModel

/// A download broke off before its end.
///
/// ## What it means
/// Fewer octets came than `Content-Length` had promised, or the connection was reset within the body. Clients print
/// `unexpected EOF` or `connection reset by peer`, and begin again. A network, VPN or CDN with a limit, or a cache
/// with a truncated copy.
///
/// ## How to fix it
/// Try again; if it always breaks at the same octet, a cache on the way keeps a damaged copy.
enum DownloadCut: Rule {
    static let name = "download-cut"
    static let severity = Severity.error
    static let party = Party.network
    static let symptoms = ["G17", "G18"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard let failure = exchange.exchange.error, exchange.status.map({ $0 < 400 }) ?? false,
            exchange.operation.endpoint.isBlobRead || exchange.operation.endpoint.isStorage
                || exchange.operation.endpoint.isManifestRead,
            failure.party != .client, failure.party != .recorder, failure.code != "stream-reset",
            failure.code != "goaway"
        else { return nil }
        let received = exchange.exchange.response?.body.length ?? 0
        let promised = exchange.responseField("content-length").map { " of \($0)" } ?? ""
        let seconds = exchange.exchange.timing.duration / 1_000_000
        let same = window.previous(of: exchange).flatMap { before in
            received > 0 && before.exchange.error != nil && before.exchange.response?.body.length == received
                ? before : nil
        }
        return finding(
            "The answer of \(exchange.host.words) to \(exchange.requestWords) broke off after \(received)\(promised) octets and \(seconds) s.",
            detail: same == nil
                ? failure.detail
                : "It broke at the same octet before\(same.map { " (exchange \($0.seq))" } ?? ""): likely a damaged copy in a cache.",
            advice: same == nil
                ? """
                Try again; if it happens often, compare from another network or past the VPN.
                A firewall or proxy that limits time or size shows in equal times or sizes of the breaks.
                """ : "Purge the object in the cache or CDN before \(exchange.host.authority).",
            evidence: [Evidence(exchange.seq, "response.body"), Evidence(exchange.seq, "error")],
            subject: exchange.host.authority)
    }
}
