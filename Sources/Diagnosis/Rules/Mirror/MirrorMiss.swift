import Registry
import TapeModel

/// A mirror did not have the image, and the client went on to Docker Hub.
///
/// ## What it means
/// Docker asks its mirrors first and falls back to Hub when one answers 404 or an error. The pull works, but counts against
/// Hub's limits, and a mirror that always misses is of no use.
///
/// ## How to fix it
/// Look at the mirror: does it cache, is it reachable, does it want a login?
enum MirrorMiss: Rule {
    static let name = "mirror-miss"
    static let severity = Severity.note
    static let party = Party.registry
    static let symptoms = ["K01"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint.isManifestRead, exchange.hasFailed, exchange.host.product != .dockerHub,
            exchange.status != 401,
            let repository = exchange.operation.repository,
            let later = window.after.prefix(32).first(where: { later in
                later.host.product == .dockerHub && later.operation.endpoint.isManifestRead
                    && later.operation.repository == repository
                    && later.operation.reference == exchange.operation.reference
            })
        else { return nil }
        return finding(
            "The mirror \(exchange.host.authority) did not give \(repository), so the client asked Docker Hub "
                + "(exchanges \(exchange.seq), \(later.seq)).",
            advice: "See what the mirror says of it: curl -i https://\(exchange.host.authority)\(exchange.url.path)",
            evidence: [Evidence(exchange.seq, "response.status"), Evidence(later.seq, "request.url")],
            subject: exchange.host.authority)
    }
}
