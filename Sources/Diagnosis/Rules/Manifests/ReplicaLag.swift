import Registry
import TapeModel

/// An image that was just pushed is not there yet at another replica.
///
/// ## What it means
/// The push of this tag or digest succeeded in this trace, and soon after a pull of it got 404: the replicas of a
/// registry agree after a while, longer for large images.
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
            let push = window.lastEarlier(
                than: exchange, at: [.manifestPut],
                where: { before in
                    before.hasSucceeded && before.url.authority == exchange.url.authority
                        && before.operation.repository == exchange.operation.repository
                        && (before.operation.reference == exchange.operation.reference
                            || before.responseField("docker-content-digest")
                                == exchange.operation.reference?.description)
                }), exchange.started.microseconds(since: push.ended) < 600_000_000,
            // What was deleted in between is gone for good.
            window.lastEarlier(
                than: exchange, at: [.manifestDelete],
                where: { $0.operation.repository == exchange.operation.repository && $0.seq > push.seq }) == nil
        else { return nil }
        let seconds = exchange.started.microseconds(since: push.ended) / 1_000_000
        let image = exchange.imageWords ?? exchange.repositoryWords
        return finding(
            "\(image) was pushed \(seconds < 1 ? "a moment" : "\(seconds) s") before, and \(exchange.host.authority) answered "
                + "\(exchange.outcomeWords): likely another replica that does not have it yet.",
            advice: "Try again after a pause; with geo-replication wait for the replica's webhook before others pull.",
            evidence: [Evidence(push.seq, "response.status"), Evidence(exchange.seq, "response.status")],
            subject: exchange.host.authority + "/" + image)
    }
}
