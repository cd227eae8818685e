import Registry
import TapeModel

/// A token allows to push, but not to pull.
///
/// ## What it means
/// Uploading needs both: the registry checks what is there already. The token has `push` alone.
///
/// ## How to fix it
/// Grant `pull` and `push` together; no registry can do with `push` alone.
enum PushWithoutPull: Rule {
    static let name = "push-without-pull"
    static let severity = Severity.error
    static let party = Party.tokenServer
    static let symptoms = ["A40"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.isRefusedAccess, let granted = exchange.grantedActions, granted.contains("push"),
            !granted.contains("pull"), !exchange.isRenewed(in: window)
        else { return nil }
        var evidence = [Evidence(exchange.seq, "response.status")]
        if let grant = exchange.grant { evidence.insert(Evidence(grant.seq, "response.body"), at: 0) }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords) because the token allows push on \(exchange.repositoryWords), but "
                + "not pull, which a push needs as well.",
            advice: "Grant pull and push together on \(exchange.repositoryWords) in the rules of the token server.",
            evidence: evidence,
            subject: exchange.host.authority + "/" + exchange.repositoryWords)
    }
}
