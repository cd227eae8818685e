import Registry
import TapeModel

/// A credential for the registry was sent on to the blob storage behind a redirect.
///
/// ## What it means
/// The registry answered a blob request with a redirect to a storage host, whose URL carries its own signature. The
/// client sent the registry's `Authorization` there as well. Storage that finds two kinds of proof in one request
/// refuses it: Azure answers 400 or 401 `InvalidAuthenticationInfo`, S3 answers 400 `InvalidArgument` ("Only one
/// auth mechanism allowed"), MinIO 400 `InvalidRequest` ("multiple authentication types"). Others ignore the field.
/// It is a fault in either case: a credential went to another party, which may log it, and S3 even repeats it in
/// its answer.
///
/// ## How to fix it
/// Drop `Authorization` when a redirect leads to another host (the distribution specification demands it of clients).
///
/// - curl: leave out `--location-trusted`, and use curl 7.83 or later (before 7.58 a header given with `-H` went to any
///   host, before 7.83 to other ports of the same host; `-u` was always kept to the first). Or follow by hand, without
///   the header:
///
///        curl -sS -o /dev/null -w '%{redirect_url}' -H "Authorization: Bearer $TOKEN" https://REGISTRY/v2/NAME/blobs/DIGEST
///        curl -sS -o blob "$REDIRECT_URL"
///
/// - Own code: `net/http` of Go, `requests` of Python and most libraries drop the field if it is set on the request, and
///   keep it if a hook or a transport adds it to each request. Set it on the request.
/// - Where the storage has the registry's host name and another port, some clients take it for the same host. Give the
///   storage a name of its own, or have the registry send blobs itself (`redirect: disable: true` of distribution).
/// - A long-lived credential (Basic, a personal token) that was sent is known to another party: renew it.
///
/// ## See also
/// FAQ of Azure Container Registry; CVE-2018-1000007 and CVE-2022-27776 of curl; RFC 9110 §15.4.
enum AuthorizationForwarded: Rule {
    static let name = "authorization-forwarded"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["B01", "B02", "B03", "B04", "B05"]
    static let interest = Interest.redirects
    // That a later attempt went well does not call the credential back.
    static let isCuredBySuccess = false

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard let source = exchange.redirectSource, let credentials = exchange.credentials,
            credentials.identity == source.credentials?.identity, source.url.authority != exchange.url.authority,
            !isUpgrade(from: source.url, to: exchange.url)
        else { return nil }
        let isRefused = exchange.hasFailed
        return finding(
            isRefused
                ? "The blob host answered \(exchange.outcomeWords) because \(exchange.clientWords) sent it the registry's "
                    + "Authorization header after the redirect."
                : "\(exchange.clientWords.capitalizedFirst) sent the registry's Authorization header to the blob host after "
                    + "the redirect; the blob host let it pass, but a credential went to another party.",
            detail: detail(exchange, source, credentials),
            advice: advice(exchange, credentials),
            evidence: [Evidence(source.seq, "response.location"), Evidence(exchange.seq, "request.authorization")],
            subject: "\(source.url.authority) \(exchange.url.authority) \(isRefused)",
            severity: isRefused ? .error : .warning)
    }

    /// From `http://host` to `https://host` is the same party.
    private static func isUpgrade(from source: TargetURL, to target: TargetURL) -> Bool {
        source.host == target.host && source.port == 80 && target.port == 443
    }

    private static func detail(
        _ exchange: DecodedExchange, _ source: RedirectSource, _ credentials: Credentials
    ) -> String {
        var sentences = [
            "\(source.url.authority) answered \(source.status) with a Location at \(exchange.url.authority), and the "
                + "\(credentials.scheme) credentials for the first were sent to the second."
        ]
        if exchange.signature != nil { sentences.append("The Location is signed and needs no credentials.") }
        if source.url.host == exchange.url.host {
            sentences.append("Both have one host name and differ in the port, which clients take for the same host.")
        }
        if exchange.hasFailed, let words = exchange.messageWords { sentences.append("The blob host says: \(words).") }
        return sentences.joined(separator: " ")
    }

    private static func advice(_ exchange: DecodedExchange, _ credentials: Credentials) -> String {
        var steps = ["Fetch the Location without the header."]
        if let client = exchange.client, client.name == "curl" {
            steps.append(
                dropsHeader(client)
                    ? "Leave out --location-trusted: only with it \(exchange.clientWords) sends the header on."
                    : "Use curl 7.83 or later, without --location-trusted: \(exchange.clientWords) may send the header on by itself."
            )
        }
        if credentials.isBasic {
            steps.append(
                "Renew the password or token of the login at the registry: \(exchange.url.authority) has seen it.")
        }
        return steps.joined(separator: "\n")
    }

    /// Whether this curl drops the field on the way to any other host and port, 7.83.0 being the first that does.
    private static func dropsHeader(_ curl: ClientProduct) -> Bool {
        let numbers = (curl.version ?? "").split(separator: ".").compactMap { Int($0) }
        return !numbers.lexicographicallyPrecedes([7, 83])
    }
}
