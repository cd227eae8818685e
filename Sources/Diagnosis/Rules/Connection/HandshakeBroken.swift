import Registry
import TapeModel

/// A host, or something before it, ended the connection during the TLS handshake.
///
/// ## What it means
/// TCP came up and the handshake did not. A service that is overloaded or half configured does that, and so do
/// firewalls that read the host name of the ClientHello and cut what they do not allow. A handshake that hangs
/// points to a proxy or to a path that drops large packets (MTU).
///
/// ## How to fix it
/// Compare with a handshake by hand from the same machine, and from another network.
enum HandshakeBroken: ConnectionFaultRule {
    static let name = "handshake-broken"
    static let severity = Severity.error
    static let party = Party.network
    static let isGeneric = true
    static let symptoms = ["G04"]
    static let codes: Set<String> = [
        "handshake-broken", "handshake-failed", "handshake-timeout", "client-left-handshake", "client-handshake-failed",
    ]

    static func verdict(_ failure: ExchangeError, host: HostProfile, connection: Connection?) -> Finding? {
        let hangs = failure.code == "handshake-timeout"
        return finding(
            "The TLS handshake with \(host.words) \(hangs ? "got no answer" : "failed") after the connection was up.",
            detail: failure.detail,
            advice: """
                Try it by hand: `openssl s_client -connect \(host.nameColonPort) -servername \(host.name)`
                If that works from another network, a firewall or proxy on this one cuts it: ask for \(host.name) to be allowed.
                If it hangs only for large packets, lower the MTU of the interface.
                """, evidence: [], party: failure.party)
    }
}
