import Registry
import TapeModel

/// A HEAD of a manifest was answered without its digest.
///
/// ## What it means
/// `Docker-Content-Digest` tells a client what a tag stands for without fetching it. Without it a client must GET,
/// and some do not: they fail. A proxy has stripped the field, or the registry is very old.
///
/// ## How to fix it
/// Let the proxy pass `Docker-Content-Digest` on; allow-lists of response fields are what takes it away most often.
enum DigestHeaderMissing: Rule {
    static let name = "digest-header-missing"
    static let severity = Severity.warning
    static let party = Party.proxy
    static let interest = Interest.manifests
    static let symptoms = ["D19"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .manifestHead, exchange.status == 200,
            exchange.responseField("docker-content-digest") == nil
        else { return nil }
        let goesOn = window.after.prefix(16).contains { later in
            later.operation.endpoint == .manifestGet && later.operation.repository == exchange.operation.repository
        }
        return finding(
            "\(exchange.host.words.capitalizedFirst) answered \(exchange.requestWords) without Docker-Content-Digest.",
            advice: "Let the proxy before \(exchange.host.authority) pass Docker-Content-Digest on.",
            evidence: [Evidence(exchange.seq, "response.docker-content-digest")], subject: exchange.host.authority,
            severity: goesOn ? .note : .warning)
    }
}
