import Registry
import TapeModel

/// A layer came late and then all at once: something on the way held it back.
///
/// ## What it means
/// The first octet took long and the rest came faster than the whole would have: whoever is between took the layer in,
/// likely to scan it, and then passed it on. Clients with a short patience give up before that.
///
/// ## How to fix it
/// Have the registry and its blob hosts exempted from the scan.
enum ProxyScanDelay: Rule {
    static let name = "proxy-scan-delay"
    static let severity = Severity.note
    static let party = Party.proxy
    static let interest = Interest.blobs
    static let symptoms = ["G23"]

    /// Microseconds that no storage needs to find a layer.
    private static let patience: Int64 = 10_000_000
    /// Smaller answers are passed on too quickly to tell.
    private static let least: Int64 = 5_000_000

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        let timing = exchange.exchange.timing
        guard timing.wait >= patience, timing.receive >= 0, timing.receive < timing.wait / 4, exchange.hasSucceeded,
            let length = exchange.exchange.response?.body.length, length >= least
        else { return nil }
        return finding(
            "\(exchange.host.words.capitalizedFirst) let \(exchange.requestWords) wait \(timing.wait / 1_000_000) s, and then "
                + "\(length) octets came within \(max(1, timing.receive / 1_000_000)) s: likely a proxy that scans layers.",
            advice: """
                Ask whoever runs the proxy to exempt \(exchange.host.name) from scanning.
                To compare go past it: `curl --noproxy '*' -o /dev/null -w '%{time_starttransfer}\\n' URL-OF-THE-LAYER`
                """,
            evidence: [Evidence(exchange.seq, "timing")], subject: exchange.host.authority)
    }
}
