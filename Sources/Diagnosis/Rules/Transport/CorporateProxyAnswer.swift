import Registry
import TapeModel

/// A company's proxy answered in place of the registry.
///
/// ## What it means
/// The page or its fields carry the mark of a filtering proxy: Squid, Zscaler, WatchGuard, Blue Coat, Fortinet,
/// Privoxy, Cloudflare Access. The registry has not seen the request.
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
        ("zscaler", "Zscaler"), ("watchguard", "WatchGuard"), ("(squid", "Squid"), ("privoxy", "Privoxy"),
        ("fortinet", "Fortinet"), ("fortigate", "Fortinet"), ("blue coat", "Blue Coat"), ("bluecoat", "Blue Coat"),
        ("forcepoint", "Forcepoint"), ("mcafee web gateway", "McAfee"), ("sophos", "Sophos"),
        ("cloudflare access", "Cloudflare Access"), ("check point", "Check Point"),
    ]
    /// Octets of a page that are looked at: a proxy says its name early, and pages are many.
    private static let searched = 1_500

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard let status = exchange.status, status != 407, status >= 400 || exchange.errorBody != nil,
            exchange.errors.isEmpty,
            exchange.storageError == nil, exchange.host.role != .storage, exchange.redirectSource == nil
        else { return nil }
        let squid = exchange.responseField("x-squid-error")
        guard let brand = squid == nil ? brand(of: exchange) : "Squid" else { return nil }
        // A host of the own network does not belong on a proxy at all; that has a rule of its own.
        guard squid == nil || !AddressWords.isPrivate(exchange.url.host) else { return nil }
        let reason = squid.map { " (\($0.quotable(40)))" } ?? ""
        return finding(
            "\(brand), a proxy on the way, answered \(status)\(reason) to \(exchange.requestWords) in place of "
                + "\(exchange.url.authority).",
            detail: exchange.itSays,
            advice: """
                Ask whoever runs it to allow \(exchange.host.name), and with it the registry's token server and blob hosts.
                If it opens TLS, its CA must be trusted by the client as well.
                """,
            evidence: [
                Evidence(exchange.seq, squid == nil ? "response.server" : "response.x-squid-error"),
                Evidence(exchange.seq, "response.body"),
            ],
            subject: exchange.host.authority)
    }

    /// By the field that names the server, or by the page.
    ///
    /// `Via` is no mark: a proxy that passes a registry's own answer on puts its name there as well.
    private static func brand(of exchange: DecodedExchange) -> String? {
        var text = exchange.responseField("server") ?? ""
        if text.lowercased().hasPrefix("squid") { return "Squid" }
        if case .html(let page)? = exchange.errorBody { text += " " + (page.title ?? "") + " " + page.text }
        if case .text(let page)? = exchange.errorBody { text += " " + page }
        guard !text.isEmpty else { return nil }
        let octets = text.utf8.prefix(searched).map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        let start = String(decoding: octets, as: UTF8.self)
        // A page may repeat the name of the image that was asked for.
        return brands.first { mark, _ in
            start.containsIgnoringASCIICase(mark) && !exchange.url.path.containsIgnoringASCIICase(mark)
        }?.1
    }
}
