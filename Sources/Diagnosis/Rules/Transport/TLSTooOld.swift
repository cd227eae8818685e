import Registry
import TapeModel

/// A client, or a server, speaks only versions of TLS that are withdrawn.
///
/// ## What it means
/// The ClientHello offers nothing above TLS 1.1, or the server chose that. Azure's and most other registries refuse
/// it since 2020; both versions were withdrawn by RFC 8996.
///
/// ## How to fix it
/// Update the client and its operating system; Docker from 18.03 on speaks TLS 1.2.
enum TLSTooOld: Rule {
    static let name = "tls-too-old"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["G05"]

    private static let old: Set<String> = ["SSLv3", "TLSv1.0", "TLSv1.1"]

    static func check(_ connection: DecodedConnection, in window: TraceWindow) -> Finding? {
        let offered = connection.connection.clientTLS?.versionsOffered ?? []
        let chosen = connection.connection.serverTLS?.version
        let isClientOld = !offered.isEmpty && offered.allSatisfy(old.contains)
        let isServerOld = chosen.map(old.contains) ?? false
        guard isClientOld || isServerOld else { return nil }
        let hasFailed = connection.connection.failure != nil
        return finding(
            isClientOld
                ? "The client offers \(offered.joined(separator: ", ").quotable(60)) and nothing newer to \(connection.host.authority)."
                : "\(connection.host.authority) chose \(chosen ?? ""), a version of TLS that is withdrawn.",
            detail: connection.connection.failure?.detail ?? "",
            advice: isClientOld
                ? "Update the client and the system's TLS library; TLS 1.2 is the least that registries take."
                : "Let the server, or the proxy before it, offer TLS 1.2 and 1.3.",
            evidence: [Evidence(connection.seq, "connection.tls")], subject: connection.host.authority,
            severity: hasFailed ? .error : .warning, party: isClientOld ? .client : .registry)
    }
}
