import Registry
import TapeModel

/// A HEAD of a manifest was answered without its length.
///
/// ## What it means
/// Clients take size and digest of a manifest from the answer to HEAD. Without `Content-Length` some stop: `missing
/// or empty Content-Length header`. A proxy or CDN has stripped it.
///
/// ## How to fix it
/// Let the proxy or CDN pass `Content-Length` on, also for HEAD; compression on the fly is what takes it away most
/// often.
enum ContentLengthMissing: Rule {
    static let name = "content-length-missing"
    static let severity = Severity.warning
    static let party = Party.proxy
    static let interest = Interest.manifests
    static let symptoms = ["D18"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .manifestHead, exchange.status == 200, exchange.exchange.error == nil,
            exchange.responseField("content-length") == nil
        else { return nil }
        return finding(
            "\(exchange.host.words.capitalizedFirst) answered \(exchange.requestWords) without Content-Length, which clients need.",
            advice: "Let the proxy or CDN before \(exchange.host.authority) pass Content-Length on, also for HEAD.",
            evidence: [Evidence(exchange.seq, "response.content-length")], subject: exchange.host.authority)
    }
}
