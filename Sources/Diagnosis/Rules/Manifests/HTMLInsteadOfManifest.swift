import Registry
import TapeModel

/// A page arrived where a manifest was asked for.
///
/// ## What it means
/// 200 with `text/html`: what answers is no registry, or a proxy with a login page stands before it. Clients print
/// `unexpected media type text/html`.
///
/// ## How to fix it
/// Check host and port; take the login page out of the way of `/v2/`.
enum HTMLInsteadOfManifest: Rule {
    static let name = "html-instead-of-manifest"
    static let severity = Severity.error
    static let party = Party.proxy
    static let interest: Interest = [.manifests, .oddContents]
    static let symptoms = ["D16"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint.isManifestRead || exchange.operation.endpoint == .tagsList,
            exchange.hasSucceeded,
            exchange.responseField("content-type")?.lowercased().hasPrefix("text/html") == true
        else { return nil }
        var title = ""
        if case .html(let page)? = exchange.errorBody, let text = page.title, !text.isEmpty {
            title = " titled \"\(text.quotable(80))\""
        }
        return finding(
            "\(exchange.url.authority) answered \(exchange.requestWords) with a web page\(title).",
            detail: "What answers there is no registry, or a login page stands before it.",
            advice: """
                See the page: `curl -sL \(exchange.url.scheme)://\(exchange.url.authority)/v2/`
                Check host and port of the image name; a login page of a proxy must leave /v2/ alone.
                """,
            evidence: [Evidence(exchange.seq, "response.content-type")], subject: exchange.host.authority)
    }
}
