import Registry
import TapeModel

/// Artifactory gave up on its own storage for a while.
///
/// ## What it means
/// `Circuit Breaker Threshold Reached`, dressed up as `MANIFEST_INVALID`: the manifest is good, the server is
/// overloaded or its storage fails.
///
/// ## How to fix it
/// Try again later; read the server's log.
enum ArtifactoryOverloaded: Rule {
    static let name = "artifactory-overloaded"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["D32"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .manifestPut, let status = exchange.status, status >= 400,
            exchange.says("circuit breaker")
        else { return nil }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords) because it is overloaded or has lost its storage: its circuit "
                + "breaker is open.",
            detail: "The code \(exchange.errors.first?.code ?? "of the answer") says nothing about the manifest here.",
            advice: "Try again in some minutes; if it lasts, read artifactory-service.log on the server.",
            evidence: [Evidence(exchange.seq, "response.body")], subject: exchange.host.authority)
    }
}
