import Registry
import TapeModel

/// GitHub's registry gives no token for an image.
///
/// ## What it means
/// The token endpoint itself answers 403 `DENIED`: the package is private, does not exist, or its name is misspelt.
/// It does not say which.
///
/// ## How to fix it
/// Check owner and name; log in with a token that may `read:packages`, or make the package public.
enum GHCRDenied: Rule {
    static let name = "ghcr-denied"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A16"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.host.product == .ghcr, exchange.operation.endpoint.isToken, exchange.status == 403 else {
            return nil
        }
        let image = exchange.repositoryWords
        let isAnonymous = exchange.tokenRequest?.isAnonymous ?? true
        return finding(
            "ghcr.io answered \(exchange.outcomeWords) and gives \(isAnonymous ? "nobody without a login" : "this login") a token for "
                + "\(image): the image is private, missing or misspelt.",
            advice: """
                Check owner and name of \(image) on github.com, under Packages.
                Log in with a token that has the right read:packages: `echo $TOKEN | docker login ghcr.io -u USER --password-stdin`
                """,
            evidence: [Evidence(exchange.seq, "request.url"), Evidence(exchange.seq, "response.status")], subject: image
        )
    }
}
