import Registry
import TapeModel

/// Artifactory says forbidden where it means not found.
///
/// ## What it means
/// 403 with `does not have permission for manifest` for a tag that does not exist: one member of a virtual
/// repository is hidden from this login, so Artifactory cannot say that nobody has it.
///
/// ## How to fix it
/// Treat it as not found; or give the login the right to read all members.
enum ArtifactoryHiddenMember: Rule {
    static let name = "artifactory-hidden-member"
    static let severity = Severity.warning
    static let party = Party.registry
    static let symptoms = ["A35"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.host.product == .artifactory, exchange.status == 403, exchange.operation.endpoint.isManifestRead,
            exchange.says("permission for manifest") || exchange.method == "HEAD" && window.retry(of: exchange) == nil
        else { return nil }
        let image = exchange.imageWords ?? exchange.repositoryWords
        return finding(
            "Artifactory answered 403 for \(image), which likely means that there is no such tag.",
            detail: exchange.itSays,
            advice: """
                List the tags: `skopeo list-tags docker://\(exchange.host.authority)/\(exchange.repositoryWords)`
                To get honest answers give this login read rights on every member of the virtual repository.
                """,
            evidence: [Evidence(exchange.seq, "response.status")], subject: exchange.host.authority + "/" + image)
    }
}
