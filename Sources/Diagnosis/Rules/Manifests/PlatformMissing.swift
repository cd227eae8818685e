import Registry
import TapeModel

/// An image has no variant for the platform of the client.
///
/// ## What it means
/// The registry gave an index, and the client took none of its manifests: it stopped. Docker prints `no matching
/// manifest for linux/arm64/v8 in the manifest list entries`.
///
/// ## How to fix it
/// Build it for that platform as well: `docker buildx build --platform linux/amd64,linux/arm64 --push .`. Or run
/// another variant under emulation: `docker pull --platform linux/amd64 IMAGE`.
enum PlatformMissing: Rule {
    static let name = "platform-missing"
    static let severity = Severity.warning
    static let party = Party.client
    static let interest = Interest.manifests
    static let symptoms = ["D14"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .manifestGet, exchange.hasSucceeded, let index = exchange.manifest,
            index.isIndex, !index.manifests.isEmpty, window.reachesEnd, let client = exchange.client,
            // These look at an index without pulling.
            ["docker", "containerd", "podman", "cri-o", "buildkit"].contains(client.name),
            let platform = client.platform
        else { return nil }
        let goesOn = window.after.contains { later in
            later.operation.repository == exchange.operation.repository && later.client == client
                && (later.operation.endpoint.isManifestRead || later.operation.endpoint.isBlobRead)
        }
        let offered = index.manifests.compactMap(\.platform)
        guard !goesOn, !offered.isEmpty, !offered.contains(where: { $0.hasPrefix(platform) }) else { return nil }
        let image = exchange.imageWords ?? exchange.repositoryWords
        return finding(
            "\(image) is built for \(offered.prefix(6).joined(separator: ", ").quotable(120)) and likely not for the \(platform) of "
                + "\(exchange.clientWords), which stopped after the index.",
            advice: """
                Build it for that platform: `docker buildx build --platform \(platform) --tag \(exchange.host.authority)/\(image) --push .`
                Or run another one: `docker pull --platform \(offered.first ?? "") \(exchange.host.authority)/\(image)`
                """,
            evidence: [Evidence(exchange.seq, "response.body")], subject: exchange.host.authority + "/" + image)
    }
}

extension ClientProduct {
    /// `linux/arm64`, where the client names both, as Docker's daemon does.
    fileprivate var platform: String? {
        let words = userAgent.split(separator: " ")
        guard let os = words.first(where: { $0.hasPrefix("os/") })?.dropFirst(3),
            let architecture = words.first(where: { $0.hasPrefix("arch/") })?.dropFirst(5)
        else { return nil }
        return "\(os)/\(architecture)"
    }
}
