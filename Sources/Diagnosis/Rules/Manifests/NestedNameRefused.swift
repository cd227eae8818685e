import Registry
import TapeModel

/// A registry does not take names of more than two parts.
///
/// ## What it means
/// Quay answers 400 `NAME_INVALID` for nested repositories where that feature is off.
///
/// ## How to fix it
/// Use `NAMESPACE/REPOSITORY`, or have nested names enabled.
enum NestedNameRefused: Rule {
    static let name = "nested-name-refused"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["D07"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 400, exchange.host.product == .quay, let repository = exchange.operation.repository,
            repository.split(separator: "/").count > 2, exchange.errors.contains(where: { $0.code == "NAME_INVALID" })
        else { return nil }
        let parts = repository.quotable(120).split(separator: "/")
        let flat = (parts.first ?? "") + "/" + parts.dropFirst().joined(separator: "-")
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords): it does not take the nested name \(repository.quotable(120)).",
            advice:
                "Use two parts, such as \(flat); or have FEATURE_EXTENDED_REPOSITORY_NAMES enabled in Quay's configuration.",
            evidence: [Evidence(exchange.seq, "request.url"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority + "/" + repository)
    }
}
