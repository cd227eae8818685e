import Report
import TapeModel
import Testing

/// The members that programs rely on.
struct JSONTests {
    @Test func `every documented member is there, in every entry`() throws {
        let document = try JSONValue(parsing: ReportFormat.json.render(SampleReport.failed()))
        let members: [String: Set<String>] = [
            "findings": ["rule", "severity", "party", "title", "detail", "advice", "evidence"],
            "workflows": [
                "number", "kind", "outcome", "host", "repository", "reference", "client", "started", "duration_us",
                "exchanges", "failures", "bytes", "steps", "more_steps",
            ],
            "hosts": [
                "host", "role", "product", "exchanges", "failures", "connections", "request_bytes", "response_bytes",
                "median_wait_us", "highest_wait_us",
            ],
            "layers": [
                "digest", "workflow", "direction", "seq", "host", "bytes", "expected_bytes", "started", "duration_us",
                "bytes_per_second", "skipped", "parallelism",
            ],
            "tokens": ["seq", "host", "anonymous", "asked", "granted", "life_s", "uses", "status"],
            "redirects": [
                "seq", "status", "from", "to", "signature", "expires", "followed_by", "carried_credentials",
            ],
            "tls": ["host", "version", "cipher", "protocol", "subject", "issuer", "not_before", "not_after"],
            "anomalies": ["code", "count"], "gaps": ["seen", "reason"],
        ]
        for (list, names) in members {
            let entries = try #require(document[list]?.array, "\(list)")
            #expect(!entries.isEmpty)
            for entry in entries { #expect(Set((entry.members ?? []).map(\.name)) == names, "\(list)") }
        }
        #expect(document["findings"]?[0]?["evidence"]?[0]?["seq"]?.int == 9)
        #expect(document["findings"]?[0]?["evidence"]?[0]?["at"]?.string == "response.location")
        #expect(document["workflows"]?[0]?["steps"]?[0]?["timing_us"]?["wait"]?.int == 21_000)
        #expect(document["verdict"]?.string?.hasPrefix("Failed: ") == true)
        #expect(document["standing"]?.string == "failed")
        #expect(document["summary"]?["response_bytes"]?.int == 88_093_112)
        #expect(document["summary"]?["duration_us"]?.int == 4_210_000)
    }

    @Test func `text comes back as it was recorded`() throws {
        for text in HostileStrings.all {
            let report = SampleReport.failed { _ in text }
            let document = try JSONValue(parsing: ReportFormat.json.render(report))
            #expect(document["findings"]?[0]?["title"]?.string == text)
            #expect(document["hosts"]?[0]?["host"]?.string == text)
        }
    }
}
