import Registry
import TapeModel

/// The registry failed itself.
///
/// ## What it means
/// 500 with `UNKNOWN`, or another 5xx in its own error form: most often its storage: a full disk, wrong keys,
/// throttling. Nothing is wrong with the request.
///
/// ## How to fix it
/// Read the registry's log at the time of the exchange: disk space, keys of the storage and errors of the storage
/// first. The id in `X-Request-Id`, where there is one, finds the line.
enum RegistryFailure: Rule {
    static let name = "registry-failure"
    static let severity = Severity.error
    static let party = Party.registry
    static let isGeneric = true
    static let symptoms = ["F24"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard let status = exchange.status, status >= 500, status != 502, status != 504,
            exchange.answerer != .recorder, exchange.answerer != .middlebox, exchange.storageError == nil,
            exchange.exchange.error == nil
        else { return nil }
        return finding(
            "\(exchange.host.words.capitalizedFirst) answered \(exchange.outcomeWords) to \(exchange.requestWords): it failed itself.",
            detail: exchange.itSays,
            advice: """
                Read its log at \(exchange.started.timestamp): disk space, storage keys and storage errors first.
                Trying again is safe: `regtape show TAPE --seq \(exchange.seq)` tells the id of the request, where the registry gave one.
                """,
            evidence: [Evidence(exchange.seq, "response.status"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority + exchange.operation.endpoint.rawValue,
            party: exchange.answerer?.party)
    }
}
