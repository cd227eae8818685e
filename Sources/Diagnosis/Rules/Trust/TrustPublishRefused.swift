import Registry
import TapeModel

/// Signing is refused although pushing is allowed.
///
/// ## What it means
/// The trust server answered 401 or 403 to the new metadata. At Azure it needs the role AcrImageSigner besides AcrPush,
/// and a registry of the Premium tier.
///
/// ## How to fix it
/// At Azure give the role AcrImageSigner besides AcrPush; elsewhere let the token server grant `push` and `pull` for
/// the trust server's scope.
enum TrustPublishRefused: Rule {
    static let name = "trust-publish-refused"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["H14"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .trustPublish || exchange.operation.endpoint == .trustKey,
            exchange.status == 401 || exchange.status == 403, exchange.credentials != nil,
            !exchange.isRenewed(in: window)
        else { return nil }
        return finding(
            "\(exchange.host.words.capitalizedFirst) answered \(exchange.outcomeWords): this login may not sign \(exchange.repositoryWords), "
                + "whatever it may push.",
            advice: """
                At Azure give the role to sign: `az role assignment create --role AcrImageSigner --assignee IDENTITY --scope REGISTRY-ID`
                Content trust there needs the Premium tier.
                """,
            evidence: [Evidence(exchange.seq, "response.status")],
            subject: "\(exchange.host.authority)/\(exchange.operation.repository ?? "")")
    }
}
