import Registry
import TapeModel

/// A registry behind TLS sends its clients on to plain HTTP.
///
/// ## What it means
/// The Location of an upload begins with `http://` although the client came with https: the proxy that ends TLS
/// does not tell the registry so. Clients then hang, or print `server gave HTTP response to HTTPS client`.
///
/// ## How to fix it
/// Let the proxy set `X-Forwarded-Proto: https`, or let the registry answer with relative URLs.
enum LocationWrongScheme: Rule {
    static let name = "location-wrong-scheme"
    static let severity = Severity.error
    static let party = Party.registry
    static let interest = Interest.uploads
    static let symptoms = ["F10"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint.isUpload, exchange.url.scheme == "https",
            let location = exchange.upload?.location, location.scheme == "http", location.host == exchange.url.host
        else { return nil }
        return finding(
            "\(exchange.host.words.capitalizedFirst) was asked over https and sends the upload on to http://\(location.authority).",
            detail: "The proxy that ends TLS does not tell the registry so.",
            advice: """
                Let that proxy pass it on; with nginx: `proxy_set_header X-Forwarded-Proto https;`
                Or in config.yml of distribution: `http: { relativeurls: true }`
                """,
            evidence: [Evidence(exchange.seq, "response.location")], subject: exchange.host.authority)
    }
}
