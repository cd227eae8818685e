import Registry
import TapeModel

/// Manifests arrive, layers do not: the blob host cannot be reached.
///
/// ## What it means
/// The registry answered and redirected the layer to another host, and no connection to that host came up.
/// Firewalls and proxies that allow the registry alone are the usual cause; or the CDN behind it has a new name.
/// Docker prints `dial tcp …:443: i/o timeout` for an address that nobody knows.
///
/// ## How to fix it
/// Allow the blob host as well, by name: for Azure `*.blob.core.windows.net` or dedicated data endpoints, for
/// Docker Hub its CDN hosts, for Quay `*.quay.io`.
enum StorageUnreachable: Rule {
    static let name = "storage-unreachable"
    static let severity = Severity.error
    static let party = Party.network
    static let interest: Interest = [.failures, .redirects]
    static let symptoms = ["B17", "B18", "B19", "B25", "B30"]

    private static let codes: Set<String> = [
        "connection-refused", "connect-timeout", "connect-failed", "name-not-found", "handshake-broken",
        "handshake-failed", "handshake-timeout", "upstream-proxy",
    ]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard let failure = exchange.exchange.error, codes.contains(failure.code),
            exchange.redirectSource != nil || exchange.host.role == .storage
        else { return nil }
        return verdict(
            exchange.host, failure, from: exchange.redirectSource?.url.authority,
            evidence: (exchange.redirectSource.map { [Evidence($0.seq, "response.location")] } ?? [])
                + [Evidence(exchange.seq, "error")])
    }

    static func check(_ connection: DecodedConnection, in window: TraceWindow) -> Finding? {
        guard let failure = connection.connection.failure, codes.contains(failure.code) else { return nil }
        let redirect = window.before.last { $0.redirect?.target?.authority == connection.host.authority }
        guard connection.host.role == .storage || redirect != nil else { return nil }
        return verdict(
            connection.host, failure, from: redirect?.url.authority,
            evidence: (redirect.map { [Evidence($0.seq, "response.location")] } ?? [])
                + [Evidence(connection.seq, "connection.failure")])
    }

    private static func verdict(
        _ host: HostProfile, _ failure: ExchangeError, from registry: String?, evidence: [Evidence]
    ) -> Finding {
        finding(
            "\(registry ?? "The registry") redirects layers to \(host.authority), and that host cannot be reached "
                + "(\(failure.code)).",
            detail: failure.detail,
            advice: """
                Allow \(host.name) in firewall and proxy, by name; the registry alone is not enough.
                Test it: `curl -sI https://\(host.authority)`
                """,
            evidence: evidence, subject: host.authority)
    }
}
