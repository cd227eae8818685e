import Registry
import TapeModel

/// A mirror failed, and the client stopped instead of asking the registry behind it.
///
/// ## What it means
/// containerd names the registry that a mirror stands for (`?ns=`). This mirror answered with a server error, and nothing
/// was asked elsewhere. Old versions go on only after 404 or when the mirror cannot be reached.
///
/// ## How to fix it
/// Mend the mirror, or take it out of `hosts.toml` until it works; update containerd.
enum MirrorNotSkipped: Rule {
    static let name = "mirror-not-skipped"
    static let severity = Severity.warning
    static let party = Party.client
    static let symptoms = ["K02"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard let status = exchange.status, status >= 500, exchange.operation.endpoint.isManifestRead,
            let upstream = exchange.url[parameter: "ns"], window.reachesEnd,
            let repository = exchange.operation.repository
        else { return nil }
        let goesOn = window.firstLater(than: exchange, at: [.manifestGet, .manifestHead, .blobGet]) { later in
            later.operation.repository == repository
                && (later.hasSucceeded || later.url.authority != exchange.url.authority)
        }
        guard goesOn == nil else { return nil }
        return finding(
            "The mirror \(exchange.host.authority) answered \(exchange.outcomeWords) for \(exchange.imageWords ?? repository), "
                + "and \(exchange.clientWords) did not go on to \(upstream.quotable(80)).",
            detail: exchange.itSays,
            advice: """
                See what the mirror says: `curl -i '\(exchange.url.scheme)://\(exchange.url.authority)\(exchange.url.path.quotable(200))'`
                Take it out of /etc/containerd/certs.d/\(upstream.quotable(80))/hosts.toml until it works.
                Update containerd: newer versions go on to the next host.
                """,
            evidence: [Evidence(exchange.seq, "response.status")], subject: exchange.host.authority)
    }
}
