import Registry
import TapeModel

/// An image that was just pushed is not there yet at another replica.
///
/// ## What it means
/// The push of this tag or digest succeeded in this trace, and soon after a pull of it got 404: the replicas of a registry agree
/// after a while, longer for large images.
///
/// ## How to fix it
/// Try again after a pause, or wait for the replica's notification.
enum ReplicaLag: Rule {
    static let name = "replica-lag"
    static let severity = Severity.warning
    static let party = Party.registry
    static let symptoms = ["D26"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint.isManifestRead, exchange.status == 404,
            let push = window.before.last(where: { before in
                before.operation.endpoint == .manifestPut && before.hasSucceeded
                    && before.operation.repository == exchange.operation.repository
                    && (before.operation.reference == exchange.operation.reference
                        || before.responseField("docker-content-digest") == exchange.operation.reference?.description)
            })
        else { return nil }
        let seconds = exchange.started.microseconds(since: push.ended) / 1_000_000
        let image = "\(exchange.operation.repository ?? ""):\(exchange.operation.reference?.description ?? "")"
        return finding(
            "\(image) was pushed \(seconds) s before and is unknown now: likely another replica of \(exchange.host.authority) "
                + "answered (exchanges \(push.seq), \(exchange.seq)).",
            advice: "Try again after a pause; with geo-replication wait for the replica's webhook before others pull.",
            evidence: [Evidence(push.seq, "response.status"), Evidence(exchange.seq, "response.status")],
            subject: exchange.host.authority + "/" + image)
    }
}
