import Registry
import TapeModel

/// The capture lost packets, so that a part of what was sent is not known.
///
/// ## What it means
/// Octets of a connection are missing that its receiver acknowledged: they arrived, and the capture did not see them. It
/// was too slow, its buffer was too small, or packets took another way. What the trace shows after that place is
/// uncertain: an exchange that seems to break off there may have gone well.
///
/// ## How to fix it
/// Capture with a narrow filter, on the machine of the client or the server itself, to a fast disk; or record with the
/// proxy, which misses nothing.
enum SegmentsMissing: Rule {
    static let name = "segments-missing"
    static let severity = Severity.warning
    static let party = Party.recorder
    static let isCuredBySuccess = false
    static let symptoms: [String] = []

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard let failure = exchange.exchange.error, failure.code == "segments-missing" else { return nil }
        return finding(
            "The capture lost octets of \(exchange.requestWords), so that how it went is not known.",
            detail: failure.detail, advice: advice, evidence: [Evidence(exchange.seq, "error")],
            subject: exchange.host.authority)
    }

    static func check(_ connection: DecodedConnection, in window: TraceWindow) -> Finding? {
        guard let packets = connection.end?.packets else { return nil }
        let (fromClient, fromServer) = (packets.client.missing, packets.server.missing)
        guard fromClient > 0 || fromServer > 0 else { return nil }
        return finding(
            "The capture lost octets of the connection to \(connection.host.authority): \(fromClient) of the client's and "
                + "\(fromServer) of the server's; conclusions about it are uncertain.",
            advice: advice, evidence: [Evidence(connection.seq, "connection.packets")],
            subject: connection.host.authority)
    }

    private static let advice = """
        Capture again with a narrow filter: `regtape capture -i any --filter 'tcp port 443 and host HOST' --tape NEW.tape`
        Or record with the proxy, which misses nothing: `regtape run --tape NEW.tape -- COMMAND`
        """
}
