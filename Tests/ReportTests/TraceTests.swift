import Diagnosis
import Registry
import Report
import TapeModel
import TestSupport
import Testing

/// From records to a report, as the command does it.
struct TraceTests {
    static func report(_ records: [TapeRecord]) -> TraceReport {
        var decoder = TraceDecoder()
        var engine = DiagnosisEngine()
        for (index, record) in records.enumerated() {
            let events = decoder.handle(record, seq: Int64(index + 1), contents: TraceDecoder.Contents())
            for event in events { engine.handle(event) }
        }
        for event in decoder.finish() { engine.handle(event) }
        let summary = decoder.summary
        return TraceReport(
            source: "t", findings: engine.finish(summary), summary: summary, toolVersion: "0")
    }

    /// One record of each kind, with `text` wherever a peer has a say.
    static func hostile(_ text: String, number: Int) -> [TapeRecord] {
        let start = Instant(microseconds: 1_795_428_435_000_000 + Int64(number) * 1_000_000)
        let failure = ExchangeError(party: .network, code: text, detail: text)
        let certificate = CertificateSummary(
            subject: text, issuer: text, names: [text], notBefore: start, notAfter: start)
        let leg = TLSLeg(
            sni: text, alpnOffered: [text], versionsOffered: [text], ciphersOffered: [text], alpn: text, version: text,
            cipher: text)
        let fields = ["www-authenticate", "location", "user-agent", "content-type", "authorization", text].map {
            FieldLine($0, $0 == "www-authenticate" ? "Bearer realm=\"https://\(text)\",service=\"\(text)\"" : text)
        }
        func exchange(_ url: String, _ status: Int, _ body: String) -> TapeRecord {
            .exchange(
                Exchange(
                    connection: number, source: .proxy, started: start,
                    request: Exchange.Request(
                        head: RequestHead(method: text.isEmpty ? "GET" : text, url: url, version: text, fields: fields)),
                    response: Exchange.Response(
                        head: ResponseHead(status: status, reason: text, version: text, fields: fields),
                        body: Body(length: Int64(body.utf8.count), stored: .inline, text: body))))
        }
        return [
            .connection(
                Connection(
                    id: number, source: .proxy, mode: .intercept, started: start, client: text, authority: text,
                    server: text, clientTLS: leg, serverTLS: leg, certificates: [certificate],
                    failure: number % 3 == 0 ? failure : nil)),
            exchange("https://registry.example/v2/\(text)/manifests/\(text)", 404, text),
            exchange(text, 403, "{\"errors\":[{\"code\":\"\(text)\",\"message\":\"\(text)\"}]}"),
            exchange("https://\(text)/v2/a/blobs/sha256:\(String(repeating: "a", count: 64))", 307, ""),
            exchange(
                "https://registry.example/v2/a/tags/list?n=\(text)", 500, "<html><title>\(text)</title>\(text)</html>"),
            .anomaly(Anomaly(connection: number, exchange: 1, side: .server, seen: start, code: text, detail: text)),
            .gap(Gap(seen: start, reason: text)),
            .connectionEnd(
                ConnectionEnd(
                    id: number, ended: start, closedBy: .server, clientBytes: 1, serverBytes: 2, error: failure)),
        ]
    }

    @Test func `what packets showed stands beside the host, and nowhere where there were none`() throws {
        func records(_ packets: PacketCounts?) -> [TapeRecord] {
            let start = Instant(microseconds: 1_795_428_435_000_000)
            return [1, 2].flatMap { id -> [TapeRecord] in
                [
                    .connection(
                        Connection(
                            id: id, source: .capture, mode: .passive, started: start, client: "192.0.2.7:40000",
                            authority: "registry.example:443", server: "192.0.2.1:443",
                            serverTLS: TLSLeg(version: "TLSv1.3"))),
                    .connectionEnd(
                        ConnectionEnd(
                            id: id, ended: start, closedBy: .client, clientBytes: 1, serverBytes: 2, packets: packets)),
                ]
            }
        }
        let seen = Self.report(
            records(
                PacketCounts(
                    client: .init(segments: 100, zeroWindows: 5), server: .init(segments: 900, retransmitted: 30))))
        #expect(seen.summary.hosts.first?.packets?.server.segments == 1800)
        let text = ReportFormat.text.render(seen)
        #expect(text.contains("60 (3.0 %)"), "\(text)")
        #expect(text.contains("client 10"), "\(text)")
        #expect(ReportFormat.html.render(seen).contains("Segments sent again"))
        let json = try JSONValue(parsing: ReportFormat.json.render(seen))
        #expect(json["hosts"]?[0]?["packets"]?["client"]?["zero_windows"]?.int == 10)
        #expect(json["hosts"]?[0]?["packets"]?["server"]?["retransmitted"]?.int == 60)
        let unseen = Self.report(records(nil))
        #expect(!ReportFormat.html.render(unseen).contains("Segments sent again"))
        #expect(try JSONValue(parsing: ReportFormat.json.render(unseen))["hosts"]?[0]?["packets"] == nil)
    }

    @Test func `five hundred hostile strings in every recorded field end as text in every form`() {
        let report = Self.report(
            HostileStrings.all.enumerated().flatMap { Self.hostile($0.element, number: $0.offset + 1) })
        #expect(report.summary.exchanges == HostileStrings.all.count * 4)
        let own = MarkupScan(ReportFormat.html.render(SampleReport.failed()))
        let tags = Set(own.tags.map(\.name)).union(["p", "/p", "code", "/code", "ol", "/ol", "li", "/li"])
        for format in ReportFormat.allCases {
            let text = format.render(report)
            #expect(!text.unicodeScalars.contains(where: HostileTests.steers), "\(format)")
            if format == .html {
                let scan = MarkupScan(text)
                #expect(scan.trouble == [])
                #expect(Set(scan.tags.map(\.name)).subtracting(tags) == [])
            }
        }
    }
}
