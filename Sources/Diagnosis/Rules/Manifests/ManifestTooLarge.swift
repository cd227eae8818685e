import Registry
import TapeModel

/// A manifest is larger than the registry takes.
///
/// ## What it means
/// 413 for PUT of a manifest; registries take 4 MiB at least (distribution-spec, pushing manifests). Thousands of
/// layers or large annotations make such manifests.
///
/// ## How to fix it
/// Below 4 MiB raise the body limit of the proxy before the registry (`client_max_body_size` of nginx). Above it
/// build with fewer layers and smaller annotations.
enum ManifestTooLarge: Rule {
    static let name = "manifest-too-large"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["D28"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .manifestPut, exchange.status == 413 else { return nil }
        let size = exchange.exchange.request.body.length
        return finding(
            "\(exchange.answererWords.capitalizedFirst) answered 413 to a manifest of \(size) octets: it is too large for it.",
            advice: size < 4 << 20
                ? "Registries take 4 MiB and more: raise the body limit of the proxy before \(exchange.host.authority); with nginx `client_max_body_size 0;`"
                : "Build with fewer layers and smaller annotations.",
            evidence: [Evidence(exchange.seq, "request.body"), Evidence(exchange.seq, "response.status")],
            subject: exchange.host.authority + exchange.url.path,
            party: size < 4 << 20 ? .proxy : .client)
    }
}
