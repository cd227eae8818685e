import Registry
import TapeModel

/// A right that was just given has not arrived yet.
///
/// ## What it means
/// The same request was refused first and succeeded later in this trace, with the same kind of login. At Azure a
/// new role takes some minutes, and its token server keeps answers for up to ten.
///
/// ## How to fix it
/// Wait some minutes after a change of roles, then `docker logout REGISTRY` and `az acr login -n REGISTRY`.
enum PermissionPropagating: Rule {
    static let name = "permission-propagating"
    static let severity = Severity.note
    static let party = Party.registry
    static let symptoms = ["A13"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.isRefusedAccess, exchange.host.product == .acr, exchange.credentials != nil,
            exchange.challengeError != "invalid_token", !exchange.isTokenOutsideItsTime,
            !(exchange.grantedActions?.isSuperset(of: exchange.neededActions) ?? false),
            let later = window.laterSuccess(of: exchange),
            later.started.microseconds(since: exchange.ended) > 10_000_000
        else { return nil }
        let seconds = later.started.microseconds(since: exchange.ended) / 1_000_000
        return finding(
            "\(exchange.host.authority) answered \(exchange.status ?? 401) to \(exchange.requestWords) and allowed it \(seconds) s later: likely a new role that took "
                + "effect.",
            advice:
                "After a change of roles wait some minutes, then: `docker logout \(exchange.host.authority) && az acr login -n \(exchange.host.firstLabel)`",
            evidence: [Evidence(exchange.seq, "response.status"), Evidence(later.seq, "response.status")],
            subject: exchange.host.authority + "/" + exchange.repositoryWords)
    }
}
