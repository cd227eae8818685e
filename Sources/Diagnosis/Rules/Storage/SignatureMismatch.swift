import Registry
import TapeModel

/// The storage does not accept the signature of a URL, and not because of its age.
///
/// ## What it means
/// What was signed is not what was asked: something on the way re-encoded the URL (`%2B` and `+`), dropped a
/// parameter or changed `Host`; or the account's key was changed after the registry read it. Azure says 403
/// `AuthenticationFailed` and mentions the string to sign, S3 `SignatureDoesNotMatch`.
///
/// ## How to fix it
/// Compare the Location with the URL that was asked for, octet by octet; check the key in the registry's configuration.
enum SignatureMismatch: Rule {
    static let name = "signature-mismatch"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["B08", "B11"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 403, let error = exchange.storageError, !exchange.storageSaysExpired else {
            return nil
        }
        let said = (error.message + " " + (error["AuthenticationErrorDetail"] ?? "")).lowercased()
        let isMismatch =
            error.code == "SignatureDoesNotMatch"
            || error.code == "AuthenticationFailed"
                && (said.contains("did not match") || said.contains("string to sign"))
        // A forwarded Authorization is another story, told by its own rule.
        guard isMismatch, exchange.credentials == nil else { return nil }
        var evidence = [Evidence(exchange.seq, "request.url"), Evidence(exchange.seq, "response.body")]
        if let source = exchange.redirectSource { evidence.insert(Evidence(source.seq, "response.location"), at: 0) }
        let hasSource = exchange.redirectSource != nil
        return finding(
            "\(exchange.host.words.capitalizedFirst) answered \(exchange.outcomeWords): the signature of the URL is not right.",
            detail: hasSource
                ? "The client asked for exactly the Location that it was given."
                : "No Location of this trace leads there.",
            advice: hasSource
                ? """
                Check the storage key in the registry's configuration: it was likely changed on the storage account.
                See that no proxy rewrites query strings or Host on the way to \(exchange.host.authority).
                """
                : "Use the Location as it stands: a parameter lost or encoded again breaks its signature.",
            evidence: evidence, subject: exchange.host.authority, party: hasSource ? .registry : .client)
    }
}
