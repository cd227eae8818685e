import Registry
import TapeModel

/// Packets of a connection were seen, and its contents were not: there was no key for its TLS.
///
/// ## What it means
/// A capture sees TLS from outside: names, versions, sizes, times and alerts, but no request. To decrypt it takes the
/// secrets of the connection, which only one of its two ends can tell. Findings about requests are then missing, and
/// their absence says nothing.
///
/// ## How to fix it
/// Let the client write a key log and capture again: curl and others that use OpenSSL or NSS do so where `SSLKEYLOGFILE`
/// is set. Go programs (docker, skopeo, crane) do not: record those with `regtape run` or `regtape record`, which write
/// one as well.
enum NotDecrypted: Rule {
    static let name = "not-decrypted"
    static let severity = Severity.note
    static let party = Party.recorder
    static let symptoms: [String] = []

    static func check(_ connection: DecodedConnection, in window: TraceWindow) -> Finding? {
        let reasons = [connection.connection.failure, connection.end?.error]
        guard let failure = reasons.compactMap(\.self).first(where: { $0.code == "not-decrypted" }) else { return nil }
        let octets = connection.end.map { $0.clientBytes &+ $0.serverBytes } ?? 0
        return finding(
            "What was said to \(connection.host.authority) is not known: its TLS was not decrypted"
                + (octets > 0 ? ", \(octets) octets of it." : "."),
            detail: failure.detail,
            advice: """
                Capture again with a key log: `SSLKEYLOGFILE=keys.log curl …`, then `regtape capture --read FILE --keylog keys.log --tape NEW.tape`
                Go programs such as docker and skopeo write none: `regtape run --tape NEW.tape -- COMMAND` records them without packets.
                """,
            evidence: [Evidence(connection.seq, "connection.tls")], subject: connection.host.authority)
    }
}
