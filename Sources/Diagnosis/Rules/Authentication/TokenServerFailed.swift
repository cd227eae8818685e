import Registry
import TapeModel

/// The token server of a challenge cannot be used.
///
/// ## What it means
/// The registry sends its clients to a token server that does not answer, cannot be reached, or fails itself.
/// Clients print `failed to fetch anonymous token` or `failed to fetch oauth token`.
///
/// ## How to fix it
/// Open the way to the realm's host; see that the realm names one that clients can reach.
enum TokenServerFailed: Rule {
    static let name = "token-server-failed"
    static let severity = Severity.error
    static let party = Party.tokenServer
    static let symptoms = ["A37"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint.isToken || exchange.host.role == .tokenServer else { return nil }
        let code = exchange.exchange.error?.code
        let isUnreachable = exchange.exchange.error != nil && exchange.exchange.error?.party != .client
        guard
            isUnreachable
                || (exchange.status.map { $0 >= 500 || $0 == 404 && exchange.operation.endpoint.isToken } ?? false),
            exchange.method != "POST" || isUnreachable
        else { return nil }
        // A certificate that is not trusted has a rule with better advice.
        guard code.map({ !$0.hasPrefix("certificate-") }) ?? true else { return nil }
        let what = isUnreachable ? "cannot be reached (\(code ?? ""))" : "answered \(exchange.status ?? 0)"
        return verdict(
            exchange.host, what, exchange.exchange.error?.detail,
            Evidence(exchange.seq, isUnreachable ? "error" : "response.status"))
    }

    static func check(_ connection: DecodedConnection, in window: TraceWindow) -> Finding? {
        guard let failure = connection.connection.failure, failure.party != .client,
            !failure.code.hasPrefix("certificate-"), connection.host.role == .tokenServer
        else { return nil }
        return verdict(
            connection.host, "cannot be reached (\(failure.code))", failure.detail,
            Evidence(connection.seq, "connection.failure"))
    }

    private static func verdict(_ host: HostProfile, _ what: String, _ detail: String?, _ evidence: Evidence) -> Finding
    {
        finding(
            "The token server \(host.authority), to which the registry sends its clients, \(what).",
            detail: detail ?? "",
            advice: """
                Test it from this machine: `curl -i https://\(host.authority)/`
                If it is blocked, allow it besides the registry; if it is an internal name, correct the realm in the registry's configuration.
                """,
            evidence: [evidence], subject: host.authority)
    }
}
