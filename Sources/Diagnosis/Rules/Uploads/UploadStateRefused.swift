import Registry
import TapeModel

/// An upload that was just begun is invalid: replicas of the registry do not share their secret.
///
/// ## What it means
/// The registry signs the state of an upload (`_state`) with `http.secret`. With several replicas and a secret of
/// its own in each, the next request reaches another one, which cannot read the state: 404 `BLOB_UPLOAD_INVALID`,
/// seemingly at random.
///
/// ## How to fix it
/// Give all replicas the same `http.secret` in `config.yml`, or `REGISTRY_HTTP_SECRET` in their environment; and let
/// them share one storage.
enum UploadStateRefused: Rule {
    static let name = "upload-state-refused"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["F01"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .uploadPatch || exchange.operation.endpoint == .uploadPut,
            exchange.hasFailed, exchange.errors.contains(where: { $0.code == "BLOB_UPLOAD_INVALID" }),
            exchange.host.product != .acr, exchange.host.product != .nexus, exchange.url[parameter: "_state"] != nil
        else { return nil }
        let start = exchange.upload?.startedBy
        var evidence = [Evidence(exchange.seq, "request.url"), Evidence(exchange.seq, "response.body")]
        if let start { evidence.insert(Evidence(start, "response.location"), at: 0) }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords) to an upload that it had just begun: its replicas likely have "
                + "different secrets.",
            advice: """
                Give every replica the same secret: http.secret in its configuration, or `REGISTRY_HTTP_SECRET` in its environment.
                Until then let the load balancer keep a client at one replica.
                """,
            evidence: evidence, subject: exchange.host.authority)
    }
}
