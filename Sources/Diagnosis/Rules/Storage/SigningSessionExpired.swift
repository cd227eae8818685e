import Registry
import TapeModel

/// The session that signed a URL ended before the URL did.
///
/// ## What it means
/// A URL that was signed with temporary credentials dies with them, whatever `X-Amz-Expires` says. S3 answers 400
/// `ExpiredToken`.
///
/// ## How to fix it
/// Let the registry sign with a role whose sessions are longer than its URLs.
enum SigningSessionExpired: Rule {
    static let name = "signing-session-expired"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["B10"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.storageError?.code == "ExpiredToken" else { return nil }
        return finding(
            "\(exchange.host.words.capitalizedFirst) answered \(exchange.outcomeWords) because the registry signed the URL with a session that "
                + "has ended.",
            advice: """
                Raise the session duration of the role that the registry uses, or let it renew earlier.
                Ask the registry for the blob again: it may have a newer session by now.
                """,
            evidence: [Evidence(exchange.seq, "response.body")], subject: exchange.host.authority)
    }
}
