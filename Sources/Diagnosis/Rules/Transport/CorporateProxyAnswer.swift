import Registry
import TapeModel

/// A company's proxy answered in place of the registry.
///
/// ## What it means
/// The page or its fields carry the mark of a filtering proxy: Squid, Zscaler, WatchGuard, Blue Coat, Fortinet, Privoxy, Cloudflare Access. The registry
/// has not seen the request.
///
/// ## How to fix it
/// Ask whoever runs it to allow the registry, its token server and its blob hosts.
enum CorporateProxyAnswer: Rule {
    static let name = "corporate-proxy-answer"
    static let severity = Severity.error
    static let party = Party.proxy
    static let interest: Interest = [.failures, .oddContents]
    static let symptoms = ["G24"]

    private static let brands = [
        ("zscaler", "Zscaler"), ("watchguard", "WatchGuard"), ("squid", "Squid"), ("privoxy", "Privoxy"),
        ("fortinet", "Fortinet"),
        ("fortigate", "Fortinet"), ("blue coat", "Blue Coat"), ("bluecoat", "Blue Coat"), ("forcepoint", "Forcepoint"),
        ("mcafee web gateway", "McAfee"), ("sophos", "Sophos"), ("cloudflare access", "Cloudflare Access"),
        ("checkpoint", "Check Point"),
    ]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard let status = exchange.status, exchange.hasFailed || exchange.errorBody != nil, exchange.errors.isEmpty,
            exchange.storageError == nil, exchange.host.role != .storage, exchange.redirectSource == nil
        else { return nil }
        let squid = exchange.responseField("x-squid-error")
        var page = exchange.said
        if case .html(let html)? = exchange.errorBody { page += " " + (html.title ?? "").lowercased() }
        let places = [
            exchange.responseField("server"), exchange.responseField("via"), squid.map { _ in "squid" }, page,
        ]
        .compactMap { $0?.lowercased() }
        guard let brand = brands.first(where: { mark, _ in places.contains { $0.contains(mark) } })?.1 else {
            return nil
        }
        let reason = squid.map { " (\($0.prefix(40)))" } ?? ""
        return finding(
            "\(brand), a proxy of this network, answered \(status)\(reason) in place of \(exchange.url.authority) (exchange \(exchange.seq)).",
            advice: """
                Ask whoever runs it to allow \(exchange.host.name), and with it the registry's token server and blob hosts.
                If it opens TLS, its CA must be trusted by the client as well.
                """,
            evidence: [Evidence(exchange.seq, "response.server"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority)
    }
}
