import Registry
import TapeModel

/// A layer was refused for its token while it was being sent.
///
/// ## What it means
/// 401 for a PUT or PATCH with a body: the token was missing or expired, and the client could not send the body a
/// second time. It prints `cannot reuse body, request must be retried`.
///
/// ## How to fix it
/// Push again; a client that asks for its token before the body does not run into it.
enum TokenLostInStream: Rule {
    static let name = "token-lost-in-stream"
    static let severity = Severity.warning
    static let party = Party.client
    static let symptoms = ["F15"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .uploadPut || exchange.operation.endpoint == .uploadPatch,
            exchange.status == 401, exchange.exchange.request.body.length > 0,
            !exchange.challenges.contains(where: { $0.error == "insufficient_scope" }), exchange.grant == nil,
            window.laterSuccess(of: exchange) == nil
        else { return nil }
        return finding(
            "\(exchange.host.authority) answered 401 while \(exchange.clientWords) sent a layer of "
                + "\(exchange.exchange.request.body.length) octets, likely too late to send it again.",
            advice: "Push again, or use a client that authenticates before it sends the body.",
            evidence: [Evidence(exchange.seq, "response.www-authenticate")], subject: exchange.host.authority)
    }
}
