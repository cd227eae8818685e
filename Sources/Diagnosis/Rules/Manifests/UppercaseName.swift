import Registry
import TapeModel

/// A repository name has capital letters.
///
/// ## What it means
/// Repository names are lower case (distribution-spec, *name*). Docker refuses capitals itself; curl and scripts
/// send them, and the registry answers 400 `NAME_INVALID`, or 404 as if the image did not exist. Azure prints
/// `invalid format`, `unsupported repository format` or `requested data does not exist`.
///
/// ## How to fix it
/// Write the name in lower case; in scripts `${NAME,,}` of bash does it.
enum UppercaseName: Rule {
    static let name = "uppercase-name"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["D01", "D02"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.hasFailed, let status = exchange.status, status == 400 || status == 404 || status == 401,
            exchange.host.role != .storage, let repository = exchange.repositoryInPath,
            repository != repository.lowercased()
        else { return nil }
        // A challenge is no refusal of the name; the retry is judged.
        guard status != 401 || exchange.credentials != nil else { return nil }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords) because the repository name \(repository.quotable(120)) has capital "
                + "letters.",
            detail:
                "Names of repositories are in lower case (distribution-spec, pulling manifests). \(exchange.itSays)",
            advice: "Write it in lower case: \(exchange.host.authority)/\(repository.lowercased().quotable(120))",
            evidence: [Evidence(exchange.seq, "request.url"), Evidence(exchange.seq, "response.status")],
            subject: exchange.host.authority + "/" + repository)
    }
}

extension DecodedExchange {
    /// The name between `/v2/` and the word that ends it, also where it is no legal name.
    fileprivate var repositoryInPath: String? {
        if let repository = operation.repository { return repository }
        let segments = url.segments
        guard segments.first == "v2",
            let end = segments.lastIndex(where: { ["manifests", "blobs", "tags", "referrers"].contains($0) }), end > 1
        else { return nil }
        return segments[1..<end].joined(separator: "/")
    }
}
