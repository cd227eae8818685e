import Registry
import TapeModel
import Testing

private func connection(_ id: Int, authority: String = "r.example:443", failure: ExchangeError? = nil) -> Connection {
    Connection(
        id: id, source: .proxy, mode: .intercept, started: Instant(microseconds: 0), client: "127.0.0.1:4000\(id)",
        authority: authority, serverTLS: TLSLeg(alpn: "h2", version: "TLSv1.3"),
        certificates: [
            CertificateSummary(
                subject: "CN=r", issuer: "CN=ca", names: ["r.example"], notBefore: Instant(microseconds: 0),
                notAfter: Instant(microseconds: 1))
        ], failure: failure)
}

private func anomaly(_ connection: Int, exchange: Int?) -> Anomaly {
    Anomaly(
        connection: connection, exchange: exchange, side: .server, seen: Instant(microseconds: 0), code: "odd",
        detail: "d")
}

private func told(_ events: [TraceDecoder.Event]) -> [DecodedConnection] {
    events.compactMap { if case .connection(let connection) = $0 { connection } else { nil } }
}

@Test func `a connection is told when it ends, with what it carried`() throws {
    var trace = Trace()
    #expect(trace.handle(.connection(connection(1))).isEmpty)
    trace.exchange("GET", "https://r.example/v2/", status: 200)
    trace.exchange("GET", "https://r.example/v2/", status: 200)
    let end = ConnectionEnd(
        id: 1, ended: Instant(microseconds: 9), closedBy: .client, clientBytes: 1, serverBytes: 2)
    let decoded = try #require(told(trace.handle(.connectionEnd(end))).first)
    #expect(decoded.exchanges == 2)
    #expect(decoded.seq == 1)
    #expect(decoded.end == end)
    #expect(decoded.host.role == .registry)
    #expect(told(trace.finish()).isEmpty)
    let host = try #require(trace.summary.hosts.first)
    #expect(trace.summary.hosts.count == 1)
    #expect(host.connections == 1)
    #expect(host.tls?.version == "TLSv1.3")
    #expect(host.certificate?.issuer == "CN=ca")
}

@Test func `a connection that failed is told at once and once`() {
    var trace = Trace()
    let failure = ExchangeError(party: .network, code: "connection-refused", detail: "d")
    #expect(told(trace.handle(.connection(connection(1, failure: failure)))).count == 1)
    let end = ConnectionEnd(id: 1, ended: Instant(microseconds: 9), closedBy: .server, clientBytes: 0, serverBytes: 0)
    #expect(trace.handle(.connectionEnd(end)).isEmpty)
    #expect(trace.finish().isEmpty)
    #expect(trace.summary.hosts.map(\.failures) == [1])
}

@Test func `connections that never ended are told in order when the tape is over`() {
    var trace = Trace()
    for id in 1...3 { _ = trace.handle(.connection(connection(id))) }
    #expect(told(trace.finish()).map(\.seq) == [1, 2, 3])
}

@Test func `an anomaly goes with its exchange, by order in HTTP/1 and by stream in HTTP/2`() {
    var trace = Trace()
    _ = trace.handle(.connection(connection(1)))
    #expect(trace.handle(.anomaly(anomaly(1, exchange: 2))).isEmpty)
    #expect(trace.exchange("GET", "https://r.example/v2/", status: 200).anomalies.isEmpty)
    #expect(trace.exchange("GET", "https://r.example/v2/", status: 200).anomalies.map(\.code) == ["odd"])
    trace.connection = 2
    _ = trace.handle(.anomaly(anomaly(2, exchange: 3)))
    #expect(trace.exchange("GET", "https://r.example/v2/", status: 200, stream: 5).anomalies.count == 1)
    #expect(trace.exchange("GET", "https://r.example/v2/", status: 200, stream: 1).anomalies.isEmpty)
    #expect(trace.summary.anomalies == ["odd": 2])
}

@Test func `an anomaly of no exchange is told by itself, and so is one whose exchange never came`() {
    var trace = Trace()
    #expect(trace.handle(.anomaly(anomaly(1, exchange: nil))).count == 1)
    #expect(trace.handle(.anomaly(anomaly(1, exchange: 7))).isEmpty)
    #expect(trace.finish().count == 1)
}
