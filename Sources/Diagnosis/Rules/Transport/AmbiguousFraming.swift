import Registry
import TapeModel

/// A message on the wire can be read in two ways.
///
/// ## What it means
/// Its length is given twice or in an odd form, or its lines end in an odd way (RFC 9112 §6.3, §2.2). Proxies and
/// servers that read it differently can be made to mix up requests; regtape does not guess.
///
/// ## How to fix it
/// Correct or update whoever sends it: a length is given once, by `Content-Length` or by `Transfer-Encoding`, and
/// lines end in CR LF.
enum AmbiguousFraming: Rule {
    static let name = "ambiguous-framing"
    static let severity = Severity.warning
    static let party = Party.client
    static let interest: Interest = [.anomalies, .failures]
    static let symptoms: [String] = []

    private static let codes: Set<String> = [
        "conflicting-framing", "bad-transfer-encoding", "repeated-content-length", "bad-content-length", "bad-chunk",
        "bare-line-feed", "bare-carriage-return", "folded-field", "space-before-colon", "rejected",
    ]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        let anomaly = exchange.anomalies.first { codes.contains($0.code) }
        let code = anomaly?.code ?? exchange.exchange.error.map(\.code)
        guard let code, codes.contains(code) else { return nil }
        let isServer = anomaly.map { $0.side == .server } ?? (exchange.exchange.error?.party == .registry)
        return finding(
            "\(isServer ? exchange.host.words.capitalizedFirst : exchange.clientWords.capitalizedFirst) sent a message whose end is in doubt: \(code).",
            detail: anomaly?.detail ?? exchange.exchange.error?.detail ?? "",
            advice:
                "Correct or update \(isServer ? "the server, or the proxy before it" : "the client"): such messages are how requests are smuggled.",
            evidence: [Evidence(exchange.seq, isServer ? "response" : "request")],
            subject: exchange.host.authority + code,
            severity: exchange.exchange.error == nil ? .warning : .error, party: isServer ? .registry : .client)
    }
}
