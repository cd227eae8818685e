import Registry
import TapeModel

/// A registry was logged in to under a name with capital letters, and asked under another.
///
/// ## What it means
/// Credentials are stored by the host's name in lower case. An image name with capitals in its host finds none, so
/// the request goes out without a login.
///
/// ## How to fix it
/// Write the login server in lower case in image names and in `docker login`: for Azure as `az acr show -n REGISTRY
/// --query loginServer` prints it.
enum UppercaseLoginServer: Rule {
    static let name = "uppercase-login-server"
    static let severity = Severity.warning
    static let party = Party.client
    static let interest = Interest.challenges
    static let symptoms = ["A12"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 401, exchange.credentials == nil,
            let host = exchange.requestField("host") ?? Self.authority(of: exchange.exchange.request.head.url),
            host != host.lowercased(), window.nextWithCredentials(after: exchange) == nil
        else { return nil }
        return finding(
            "\(exchange.clientWords.capitalizedFirst) asked \(host.quotable(120)), with capital letters, and sent no login; it is likely stored for "
                + "\(host.lowercased().quotable(120)).",
            advice: """
                Write \(host.lowercased()) in the image name.
                Log in under it: `docker login \(host.lowercased())`
                """,
            evidence: [Evidence(exchange.seq, "request.url")], subject: host.lowercased())
    }

    private static func authority(of url: String) -> String? {
        guard let mark = url.firstRange(of: "://") else { return nil }
        return String(url[mark.upperBound...].prefix { $0 != "/" && $0 != "?" })
    }
}
