import Registry
import TapeModel

/// An image name at Google's registry lacks its project or repository.
///
/// ## What it means
/// Names at `pkg.dev` have three parts at least: project, repository, image. With fewer the token server answers
/// 400, or the registry `NAME_INVALID`, `invalid number of path components`.
///
/// ## How to fix it
/// Use `LOCATION-docker.pkg.dev/PROJECT/REPOSITORY/IMAGE`.
enum PathTooShort: Rule {
    static let name = "path-too-short"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A27", "D05"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 400, exchange.host.product == .gar, exchange.host.name.hasSuffix(".pkg.dev") else {
            return nil
        }
        let asked = exchange.tokenRequest?.scopes.first?.name ?? exchange.operation.repository
        let isSaid = exchange.says("path components")
        guard isSaid || asked.map({ $0.split(separator: "/").count < 3 }) ?? false else { return nil }
        let name = asked?.quotable(120) ?? "of the image"
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords)\(isSaid ? "" : ", likely") because the name \(name) lacks "
                + "parts: it wants project, repository and image.",
            advice: "Write all parts: `docker pull \(exchange.host.name)/PROJECT/REPOSITORY/IMAGE`",
            evidence: [Evidence(exchange.seq, "request.url"), Evidence(exchange.seq, "response.status")],
            subject: name, severity: isSaid ? .error : .warning)
    }
}
