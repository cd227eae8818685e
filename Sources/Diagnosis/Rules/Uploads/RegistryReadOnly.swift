import Registry
import TapeModel

/// The registry takes no changes at the moment.
///
/// ## What it means
/// It is in read-only mode for maintenance or garbage collection: distribution answers 405 `Method not allowed` in
/// plain text, Harbor 403 `The system is in read only mode`, Quay 405.
///
/// ## How to fix it
/// Wait, or ask when it ends.
enum RegistryReadOnly: Rule {
    static let name = "registry-read-only"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["F18", "F19", "F20"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint.isWrite, exchange.method != "DELETE" || exchange.host.product == .harbor,
            exchange.status == 405 || exchange.status == 403
        else { return nil }
        let isPlain = exchange.status == 405 && exchange.errors.isEmpty && exchange.says("method not allowed")
        let isQuay = exchange.host.product == .quay && exchange.status == 405
        guard isPlain || isQuay || exchange.saysAny(of: "read only mode", "read-only mode", "is_readonly") else {
            return nil
        }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords): it is read-only at the moment and takes no push.",
            detail: exchange.itSays,
            advice: "Wait until its maintenance is over, or ask its operator; pulls go on working.",
            evidence: [Evidence(exchange.seq, "response.status"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority)
    }
}
