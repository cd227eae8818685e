import Registry
import TapeModel

/// GitHub's registry does not let this login push.
///
/// ## What it means
/// 403 `permission_denied: write_package`, or `installation not allowed to Create organization package`: the workflow's token lacks `packages:
/// write`, or the package is not linked to the repository that pushes.
///
/// ## How to fix it
/// Give the workflow `permissions: packages: write`; link the package to the repository in its settings.
enum GHCRPackageNotWritable: Rule {
    static let name = "ghcr-package-not-writable"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A17"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.host.product == .ghcr, exchange.isPushing, exchange.isRefusedAccess else { return nil }
        return finding(
            "GitHub's registry does not let this login push \(exchange.repositoryWords) (exchange \(exchange.seq)).",
            detail: exchange.errors.first?.message ?? "",
            advice: """
                In the workflow: permissions: { packages: write }
                In the package's settings, under Manage Actions access, add the repository that pushes with the role Write.
                """,
            evidence: [Evidence(exchange.seq, "response.body")], subject: exchange.repositoryWords)
    }
}
