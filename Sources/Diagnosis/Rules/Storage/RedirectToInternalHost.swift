import Registry
import TapeModel

/// The registry redirects to a host that only its own network knows.
///
/// ## What it means
/// The Location of a blob names a private address, a name without a domain, or plain HTTP: the storage as the registry
/// reaches it, not as clients do.
///
/// ## How to fix it
/// Set the storage's public endpoint in the registry's configuration, or switch redirects off there.
enum RedirectToInternalHost: Rule {
    static let name = "redirect-to-internal-host"
    static let severity = Severity.error
    static let party = Party.registry
    static let interest = Interest.redirects
    static let symptoms = ["B23"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard let target = exchange.redirect?.target, exchange.redirect?.crossesOrigin == true,
            exchange.operation.endpoint.isBlobRead || exchange.operation.endpoint.isManifestRead,
            target.host != exchange.url.host
        else { return nil }
        let losesTLS = exchange.url.scheme == "https" && target.scheme == "http"
        let isInternal = AddressWords.isPrivate(target.host) && !AddressWords.isPrivate(exchange.url.host)
        guard losesTLS || isInternal else { return nil }
        let follower = window.follower(of: exchange)
        if isInternal, !losesTLS, follower?.hasSucceeded == true { return nil }
        let why = losesTLS ? "over plain HTTP" : "which only its own network knows"
        var evidence = [Evidence(exchange.seq, "response.location")]
        if let follower { evidence.append(Evidence(follower.seq, "request.url")) }
        return finding(
            "\(exchange.host.words.capitalizedFirst) redirects \(exchange.requestWords) to \(target.authority), \(why).",
            advice: """
                Set the public endpoint of the storage in the registry's configuration.
                Or let the registry serve blobs itself; with distribution in config.yml: `storage: { redirect: { disable: true } }`
                """,
            evidence: evidence, subject: target.authority,
            severity: follower?.hasFailed == true ? .error : .warning)
    }
}
