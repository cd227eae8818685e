import Registry
import TapeModel

/// An image has layers that lie elsewhere and are not pushed.
///
/// ## What it means
/// The manifest names layers with URLs of their own, as old Windows base images do. They are fetched from Microsoft
/// and left out of pushes, so the image does not work where that place cannot be reached.
///
/// ## How to fix it
/// Allow them to be pushed to this registry: `allow-nondistributable-artifacts` in daemon.json.
enum ForeignLayer: Rule {
    static let name = "foreign-layer"
    static let severity = Severity.note
    static let party = Party.client
    static let interest = Interest.manifests
    static let symptoms = ["D30"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard let manifest = exchange.manifest, exchange.isSuccess,
            let layer = manifest.layers.first(where: { !$0.urls.isEmpty || isForeign($0.mediaType) })
        else { return nil }
        let hasFailed = window.after.contains { later in
            later.hasFailed && layer.digest != nil
                && (later.operation.digest == layer.digest || layer.urls.contains { $0.contains(later.url.host) })
        }
        let image = exchange.imageWords ?? exchange.repositoryWords
        return finding(
            "\(image) has a layer that lies at another place and is not pushed with the image.",
            detail: layer.urls.first.map { "It is fetched from \($0.quotable(200))." } ?? "",
            advice:
                "To push it as well add to /etc/docker/daemon.json: `{\"allow-nondistributable-artifacts\": [\"\(exchange.host.authority)\"]}`",
            evidence: [Evidence(exchange.seq, exchange.method == "PUT" ? "request.body" : "response.body")],
            subject: exchange.host.authority + "/" + image,
            severity: hasFailed ? .warning : .note)
    }

    /// By prefixes, because every layer of every manifest is asked, and a search within text costs more than all else here.
    private static func isForeign(_ mediaType: String) -> Bool {
        mediaType.hasPrefix("application/vnd.docker.image.rootfs.foreign.")
            || mediaType.hasPrefix("application/vnd.oci.image.layer.nondistributable.")
    }
}
