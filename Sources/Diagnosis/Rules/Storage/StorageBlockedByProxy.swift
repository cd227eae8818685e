import Registry
import TapeModel

/// A proxy lets the registry through, but not its blob host.
///
/// ## What it means
/// The redirected download was answered by a middlebox, with 403, 407 or a page, and not by the storage.
///
/// ## How to fix it
/// Allow the blob host in the proxy's rules, without a login or with the same one.
enum StorageBlockedByProxy: Rule {
    static let name = "storage-blocked-by-proxy"
    static let severity = Severity.error
    static let party = Party.proxy
    static let symptoms = ["B19"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.redirectSource != nil || exchange.operation.endpoint.isStorage, exchange.credentials == nil,
            let status = exchange.status,
            status == 407 || status == 403 || status == 503,
            status == 407 || exchange.answerer == .middlebox, exchange.storageError == nil,
            exchange.responseField("cf-ray") == nil, exchange.responseField("x-amz-cf-id") == nil
        else { return nil }
        return finding(
            "A gateway or proxy answered \(status) in place of the blob host \(exchange.host.authority), although the registry was "
                + "reached.",
            detail: exchange.itSays,
            advice:
                "Ask whoever runs the proxy to allow \(exchange.host.name), which the registry redirects its layers to.",
            evidence: [Evidence(exchange.seq, "response.status"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority)
    }
}
