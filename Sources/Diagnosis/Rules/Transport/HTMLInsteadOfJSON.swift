import Registry
import TapeModel

/// A page arrived where the registry's own answer was expected.
///
/// ## What it means
/// The answer is HTML, and carries neither the registry's error form nor its version field: a gateway, a block
/// page, or another server answered. Docker prints `invalid character '<' looking for beginning of value`. The
/// registry may never have seen the request.
///
/// ## How to fix it
/// Read title and `Server` or `Via` of the page: they name who answered.
enum HTMLInsteadOfJSON: Rule {
    static let name = "html-instead-of-json"
    static let severity = Severity.error
    static let party = Party.proxy
    static let interest: Interest = [.failures, .oddContents]
    static let isGeneric = true
    static let symptoms = ["G13", "G15"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard case .html(let page)? = exchange.errorBody, exchange.answerer != .registry, let status = exchange.status,
            exchange.url.path.hasPrefix("/v2") || exchange.operation.endpoint.isToken, exchange.redirect == nil,
            ![407, 408, 413, 429, 502, 504].contains(status), !NormalCourse.contains(exchange, in: window)
        else { return nil }
        let title = page.title.map { " titled \"\($0.quotable(80))\"" } ?? ""
        let who = [exchange.responseField("server"), exchange.responseField("via")].compactMap(\.self).joined(
            separator: ", ")
        return finding(
            "\(exchange.url.authority) answered \(status) to \(exchange.requestWords) with a web page\(title) and not as a registry does.",
            detail: who.isEmpty ? "" : "It was sent by \(who.quotable(120)).",
            advice: """
                Whoever runs the server or proxy that sent the page can say why; the registry has likely not seen the request.
                See it in full: `regtape show TAPE --seq \(exchange.seq)`
                """,
            evidence: [Evidence(exchange.seq, "response.content-type"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority + String(status))
    }
}
