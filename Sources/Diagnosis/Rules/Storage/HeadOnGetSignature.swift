import Registry
import TapeModel

/// A HEAD was sent to a URL that was signed for GET.
///
/// ## What it means
/// S3 signs the method as well. The redirect was given for one method and followed, or tried later, with another.
///
/// ## How to fix it
/// Use GET with `Range: bytes=0-0` to learn whether a blob is there, or ask the registry with HEAD.
enum HeadOnGetSignature: Rule {
    static let name = "head-on-get-signature"
    static let severity = Severity.warning
    static let party = Party.client
    static let symptoms = ["B12"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.method == "HEAD", exchange.status == 403, exchange.signature != nil,
            exchange.operation.endpoint.isStorage, exchange.redirectSource?.operation.endpoint != .blobHead
        else { return nil }
        let twin = [window.laterSuccess(of: exchange), window.earlierSuccess(of: exchange)].compactMap(\.self)
            .first { $0.method == "GET" && $0.hasSucceeded }
        guard twin != nil || exchange.redirectSource != nil else { return nil }
        return finding(
            "\(exchange.host.words.capitalizedFirst) answered 403 to a HEAD on a URL that was signed for GET\(twin == nil ? ", likely for that" : "").",
            advice: "Ask with GET and `Range: bytes=0-0`, or ask the registry itself with HEAD.",
            evidence: [Evidence(exchange.seq, "request.method")]
                + (twin.map { [Evidence($0.seq, "response.status")] } ?? []),
            subject: exchange.host.authority)
    }
}
