import Registry
import TapeModel

/// A credential for the registry was sent on to the blob storage behind a redirect.
///
/// ## What it means
/// The registry answered a blob request with a redirect to a storage host, whose URL carries its own signature. The
/// client sent the registry's `Authorization` there as well. Azure answers 400 or 401 `InvalidAuthenticationInfo`, S3 400
/// `InvalidArgument` ("Only one auth mechanism allowed"), MinIO 400 `InvalidRequest`; others ignore the field. It is a
/// fault in either case: a credential went to another party.
///
/// ## How to fix it
/// Drop `Authorization` when a redirect leads to another host (RFC 9110 §15.4 leaves that to the client; the
/// distribution specification demands it). With curl: no `--location-trusted`, and curl 7.83 or later.
///
/// ## See also
/// Azure Container Registry FAQ; CVE-2018-1000007 and CVE-2022-27776 of curl.
enum AuthorizationForwarded: Rule {
    static let name = "authorization-forwarded"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["B01", "B02", "B03", "B04"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard let source = exchange.redirectSource, let credentials = exchange.credentials,
            credentials.identity == source.credentials?.identity, source.url.host != exchange.url.host
        else { return nil }
        let client =
            exchange.client.map { [$0.name, $0.version].compactMap(\.self).joined(separator: "/") } ?? "the client"
        let answer = [exchange.status.map(String.init), exchange.storageError?.code].compactMap(\.self).joined(
            separator: " ")
        let isRefused = !exchange.isSuccess
        let title =
            isRefused
            ? "The blob host \(exchange.url.authority) answered \(answer) because \(client) sent it the registry's "
                + "Authorization header after the redirect (exchanges \(source.seq), \(exchange.seq))."
            : "\(client) sent the registry's Authorization header to \(exchange.url.authority) after a redirect, which "
                + "ignored it: a credential went to another party (exchanges \(source.seq), \(exchange.seq))."
        return finding(
            title, advice: "Fetch the Location without the header.",
            evidence: [Evidence(source.seq, "response.location"), Evidence(exchange.seq, "request.authorization")],
            subject: source.url.authority + " " + exchange.url.authority,
            severity: isRefused ? .error : .warning)
    }
}
