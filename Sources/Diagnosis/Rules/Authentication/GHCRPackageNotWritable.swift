import Registry
import TapeModel

/// GitHub's registry does not let this login push.
///
/// ## What it means
/// 403 `permission_denied: write_package`, or `installation not allowed to Create organization package`: the
/// workflow's token lacks `packages: write`, or the package is not linked to the repository that pushes.
///
/// ## How to fix it
/// Give the workflow `permissions: packages: write`; link the package to the repository in its settings.
enum GHCRPackageNotWritable: Rule {
    static let name = "ghcr-package-not-writable"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A17"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.host.product == .ghcr, exchange.isPushing, exchange.isRefusedAccess,
            !exchange.isRenewed(in: window)
        else { return nil }
        return finding(
            "ghcr.io answered \(exchange.outcomeWords): this login may not push to \(exchange.repositoryWords).",
            detail: exchange.itSays,
            advice: """
                In the workflow file give the job `permissions: { packages: write }`; elsewhere use a token with the right write:packages.
                In the package's settings, under Manage Actions access, add the repository that pushes with the role Write.
                """,
            evidence: [Evidence(exchange.seq, "response.body")], subject: exchange.repositoryWords)
    }
}
