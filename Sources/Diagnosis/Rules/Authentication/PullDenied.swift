import Registry
import TapeModel

/// A pull without a login is denied: the image is private, or it does not exist.
///
/// ## What it means
/// The token was given to nobody in particular, and the registry refused the manifest. Registries do not tell a
/// stranger which of the two it is. Docker prints `pull access denied …, repository does not exist or may require
/// 'docker login'`.
///
/// ## How to fix it
/// Check the spelling, the owner and the registry of the name. If the image is private, `docker login REGISTRY` with
/// an account that may see it.
enum PullDenied: Rule {
    static let name = "pull-denied"
    static let severity = Severity.error
    static let party = Party.client
    static let isGeneric = true
    static let symptoms = ["A06"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint.isManifestRead || exchange.operation.endpoint.isBlobRead,
            exchange.isRefusedAccess, exchange.credentials?.isBearer == true, exchange.isAnonymous,
            exchange.answerer != .middlebox, exchange.challengeError != "invalid_token",
            exchange.host.product != .gar, !exchange.isRenewed(in: window)
        else { return nil }
        var evidence = [Evidence(exchange.seq, "response.status")]
        if let grant = exchange.grant { evidence.insert(Evidence(grant.seq, "request.url"), at: 0) }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords) to \(exchange.requestWords) without a login: the image is private, or "
                + "there is none.",
            advice: """
                Check the spelling of \(exchange.repositoryWords).
                If it is private, log in: `\(exchange.host.loginCommand)`
                """,
            evidence: evidence, subject: exchange.host.authority + "/" + exchange.repositoryWords)
    }
}
