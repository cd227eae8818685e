import Registry
import TapeModel

/// A registry sends an upload on to a host that the client did not ask.
///
/// ## What it means
/// The Location of the upload names another host or port: that of the registry behind its proxy, which does not
/// pass `Host` on, or one that was configured as `http.host`.
///
/// ## How to fix it
/// Let the proxy pass the name on: with nginx `proxy_set_header Host $http_host;`. Or let distribution answer with
/// relative URLs: `http: { relativeurls: true }`.
enum LocationWrongHost: Rule {
    static let name = "location-wrong-host"
    static let severity = Severity.error
    static let party = Party.registry
    static let interest = Interest.uploads
    static let symptoms = ["F11"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint.isUpload, exchange.status == 202, let location = exchange.upload?.location,
            location.host != exchange.url.host || location.port != exchange.url.port,
            !(location.host == exchange.url.host && location.scheme != exchange.url.scheme)
        else { return nil }
        let next = window.after.first { $0.upload?.startedBy == exchange.seq || $0.url.host == location.host }
        guard next?.hasSucceeded != true else { return nil }
        return finding(
            "\(exchange.host.words.capitalizedFirst) sends the upload on to \(location.authority), which \(exchange.clientWords) did not ask.",
            advice: """
                Let the proxy pass the name on; with nginx: `proxy_set_header Host $http_host;`
                Or in config.yml of distribution: `http: { relativeurls: true }`, and no http.host with an internal name.
                """,
            evidence: [Evidence(exchange.seq, "response.location")]
                + (next.map { [Evidence($0.seq, "request.url")] } ?? []),
            subject: exchange.host.authority, severity: next?.hasFailed == true ? .error : .warning)
    }
}
