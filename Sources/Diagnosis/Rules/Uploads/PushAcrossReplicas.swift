import Registry
import TapeModel

/// A manifest was refused for layers that had just been uploaded: layers and manifest went to different replicas.
///
/// ## What it means
/// Each layer and the config were uploaded, or found, in this trace, and the registry says that they are not there.
/// The name of a geo-replicated registry leads to the nearest region, and that answer may change in the middle of a
/// push; replicas behind a load balancer that do not share their storage behave alike. Docker prints `Error writing
/// blob` or `blob unknown to registry`.
///
/// ## How to fix it
/// Push again, with the name service's answer kept for the length of a push; let replicas of your own share one storage.
///
/// ## See also
/// `regtape rules replicated-push`.
enum PushAcrossReplicas: Rule {
    static let name = "push-across-replicas"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["H12"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .manifestPut, exchange.status == 400 || exchange.status == 404,
            exchange.hasCode("MANIFEST_BLOB_UNKNOWN") || exchange.hasCode("BLOB_UNKNOWN")
                || exchange.says("blob unknown"),
            let manifest = exchange.manifest, window.lastSuccessAtHost(before: exchange) != nil
        else { return nil }
        var wanted = Set((manifest.layers + manifest.manifests).compactMap(\.digest))
        if let config = manifest.config?.digest { wanted.insert(config) }
        guard !wanted.isEmpty else { return nil }
        var last: DecodedExchange?
        for before in window.before
        where before.isSuccess && before.operation.repository == exchange.operation.repository {
            guard let digest = before.operation.digest, wanted.remove(digest) != nil else { continue }
            last = before
        }
        guard wanted.isEmpty, let last else { return nil }
        let places = [last, exchange].map { window.connection(of: $0)?.connection.server }
        let differ = places.compactMap(\.self).count == 2 && places.first != places.last
        let addresses = places.compactMap(\.self).joined(separator: " and ")
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords) to \(exchange.requestWords), whose layers this push "
                + "had brought there: \(differ ? "two" : "likely two") replicas answered.",
            detail: (differ ? "Layers and manifest went to \(addresses). " : "") + exchange.itSays,
            advice: """
                Push again: replicas agree after a while.
                Keep the name service's answer for the length of a push, with a caching resolver on the build machine.
                Replicas of your own must share one storage.
                """,
            evidence: [Evidence(last.seq, "response.status"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority + "/" + exchange.repositoryWords,
            severity: differ ? .error : .warning)
    }
}
