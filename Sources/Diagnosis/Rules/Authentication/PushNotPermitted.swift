import Registry
import TapeModel

/// The client may pull, but not push.
///
/// ## What it means
/// The token server gave a token without `push`, which is no error there; the registry then refused the upload: 401
/// `insufficient_scope`, or 403. Docker prints `requested access to the resource is denied`.
///
/// ## How to fix it
/// Give the identity the right to push, or push into a namespace of its own: at many registries the first part of the
/// name is the owner. Log in again afterwards.
enum PushNotPermitted: Rule {
    static let name = "push-not-permitted"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A05", "A31"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.isPushing, exchange.isRefusedAccess, exchange.operation.endpoint != .uploadMount,
            !exchange.operation.endpoint.isToken, exchange.operation.endpoint != .trustPublish,
            exchange.host.product != .ghcr, exchange.host.product != .gar, exchange.host.product != .ecr,
            exchange.answerer != .middlebox, exchange.challengeError != "invalid_token",
            !exchange.saysAny(of: "aka.ms/acr/firewall", "read only", "read-only", "quota", "exceed the configured"),
            !(exchange.host.product == .harbor && exchange.says("action:")), !exchange.isRenewed(in: window)
        else { return nil }
        let granted = exchange.grantedActions
        guard granted == nil || granted?.contains("push") == false else { return nil }
        guard !(granted.map { $0.isEmpty } ?? false && (exchange.grant?.request.scopeParameters ?? 0) > 1),
            exchange.credentials?.isBasic != true || exchange.status == 403
        else { return nil }
        let has = granted.map { $0.isEmpty ? "nothing" : $0.sorted().joined(separator: " and ") }
        var evidence = [Evidence(exchange.seq, "response.status")]
        if let grant = exchange.grant { evidence.insert(Evidence(grant.seq, "response.body"), at: 0) }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords): this login may not \(exchange.actionWords) \(exchange.repositoryWords)"
                + (has.map { ": its token grants \($0)" } ?? "") + ".",
            advice: """
                Give the identity the right to push to \(exchange.repositoryWords), or log in as one that has it: `\(exchange.host.loginCommand)`
                Check the namespace: the first part of the name is often the owner.
                """,
            evidence: evidence, subject: exchange.host.authority + "/" + exchange.repositoryWords)
    }
}
