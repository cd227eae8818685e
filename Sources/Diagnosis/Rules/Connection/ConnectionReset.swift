import Registry
import TapeModel

/// One side cut the connection with a reset while a request was under way.
///
/// ## What it means
/// A reset (RST) ends a connection at once and throws away what is under way; clients print `connection reset by
/// peer`. The recording says which side it came from. A reset that seems to come from the server is often sent by
/// something between: a firewall that dislikes what it saw, a load balancer whose idle time is over, an address
/// translation that forgot the connection. One from the client is a program that gave up, or was ended.
///
/// ## How to fix it
/// From the server's side: compare the idle time before the reset with that of firewalls and load balancers, and look
/// into the server's log for the same second. From the client's side: look at its own patience and at its exit.
///
/// ## See also
/// RFC 9293 §3.10.7.4; packet capture next to the server tells whether the server sent it.
enum ConnectionReset: Rule {
    static let name = "connection-reset"
    static let severity = Severity.error
    static let party = Party.network
    static let isGeneric = true
    static let symptoms: [String] = []

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard let failure = exchange.exchange.error, failure.code == "connection-reset" else { return nil }
        let isClient = failure.party == .client
        let idle = idleTime(before: exchange, window)
        let received = exchange.exchange.response?.body.length ?? 0
        return finding(
            "\(isClient ? "The client" : exchange.host.words.capitalizedFirst) reset the connection during "
                + "\(exchange.requestWords)\(exchange.status == nil ? " before it was answered" : ", after \(received) octets of the answer").",
            detail: failure.detail
                + (idle.map { " The connection had been idle for \($0) s before that request." } ?? ""),
            advice: isClient
                ? "Look at the client's own time limits, and whether it was ended: its log, its exit status, the kernel's log (out of memory)."
                : """
                Look into the log of \(exchange.host.authority) for the same second; without an entry there the reset came from between.
                Compare with the idle time and the inspection rules of the firewall or load balancer before it.
                Capture at the server's side too: `regtape capture -i any --filter 'host CLIENT' --tape server.tape`
                """,
            evidence: [Evidence(exchange.seq, "error")], subject: exchange.host.authority,
            party: isClient ? .client : .network)
    }

    /// Seconds without traffic on the connection before the request, where they are many enough to be the reason.
    private static func idleTime(before exchange: DecodedExchange, _ window: TraceWindow) -> Int64? {
        guard let last = window.sameConnection(as: exchange).last(where: { $0.seq < exchange.seq }) else { return nil }
        let over = last.exchange.started.microseconds.addingReportingOverflow(last.exchange.timing.duration)
        guard !over.overflow else { return nil }
        let seconds =
            exchange.exchange.started.microseconds(since: Instant(microseconds: over.partialValue)) / 1_000_000
        return seconds >= 30 ? seconds : nil
    }
}
