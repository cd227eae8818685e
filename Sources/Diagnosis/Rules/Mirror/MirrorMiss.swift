import Registry
import TapeModel

/// A mirror did not have the image, and the client went on to the registry behind it.
///
/// ## What it means
/// Docker and containerd ask their mirrors first and fall back to the registry itself when one answers 404 or an
/// error. The pull works, but counts against the limits of that registry, and a mirror that always misses is of no use.
///
/// ## How to fix it
/// Look at the mirror: does it cache that registry, is it reachable, does it want a login? `curl -i
/// https://MIRROR/v2/NAME/manifests/TAG` shows what it says.
enum MirrorMiss: Rule {
    static let name = "mirror-miss"
    static let severity = Severity.note
    static let party = Party.registry
    static let symptoms = ["K01"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint.isManifestRead, exchange.hasFailed, exchange.host.product != .dockerHub,
            exchange.status != 401,
            let repository = exchange.operation.repository,
            let later = window.firstLater(
                than: exchange, at: [.manifestGet, .manifestHead],
                where: { later in
                    later.url.host != exchange.url.host && later.operation.repository == repository
                        && later.operation.reference == exchange.operation.reference && later.client == exchange.client
                }),
            // containerd tells a mirror which registry it stands for.
            later.host.product == .dockerHub || exchange.url[parameter: "ns"] != nil,
            later.started.microseconds(since: exchange.ended) < 60_000_000
        else { return nil }
        return finding(
            "The mirror \(exchange.host.authority) answered \(exchange.outcomeWords) for \(exchange.imageWords ?? repository), so "
                + "\(exchange.clientWords) asked \(later.url.authority).",
            advice:
                "See what the mirror says of it: `curl -i \(exchange.url.scheme)://\(exchange.url.authority)\(exchange.url.path.quotable(200))`",
            evidence: [Evidence(exchange.seq, "response.status"), Evidence(later.seq, "request.url")],
            subject: exchange.host.authority)
    }
}
