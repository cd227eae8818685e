import Diagnosis
import Registry
import Report
import Testing

/// What the schemas of Ant and Jenkins have in common.
struct JUnitTests {
    /// Tags of a document whose elements are closed in the order in which they were opened.
    static func tags(_ xml: String) -> [MarkupScan.Tag]? {
        let scan = MarkupScan(xml)
        guard scan.trouble.isEmpty else { return nil }
        var open: [String] = []
        for tag in scan.tags where tag.name != "property" {
            if tag.name.hasPrefix("/") {
                guard open.popLast() == String(tag.name.dropFirst()) else { return nil }
            } else {
                open.append(tag.name)
            }
        }
        return open.isEmpty ? scan.tags : nil
    }

    @Test func `the suite counts its cases and failures and carries what both schemas demand`() throws {
        let tags = try #require(Self.tags(ReportFormat.junit.render(SampleReport.failed())))
        #expect(tags.first?.name == "testsuites")
        let suite = try #require(tags.first { $0.name == "testsuite" })
        for name in ["name", "timestamp", "hostname", "tests", "failures", "errors", "time", "id", "package"] {
            #expect(suite.attributes[name]?.isEmpty == false, "\(name)")
        }
        #expect(suite.attributes["timestamp"] == "2026-11-23T10:07:15")
        let cases = tags.filter { $0.name == "testcase" }
        #expect(suite.attributes["tests"] == String(cases.count))
        #expect(suite.attributes["failures"] == String(tags.count { $0.name == "failure" }))
        #expect(cases.allSatisfy { $0.attributes["classname"] != nil && $0.attributes["time"]?.isEmpty == false })
        #expect(
            cases.map { $0.attributes["name"] } == [
                "1: Pull of team/app:1.4 from registry.example", "authorization-forwarded", "slow-token-server",
                "anonymous-rate-limit",
            ])
    }

    @Test(arguments: [(Severity.note, 4), (.warning, 3), (.error, 2)])
    func `a case fails from the severity on that the check was given`(failOn: Severity, failures: Int) throws {
        var options = ReportFormat.Options()
        options.failOn = failOn
        let tags = try #require(Self.tags(ReportFormat.junit.render(SampleReport.failed(), options: options)))
        #expect(tags.count { $0.name == "failure" } == failures)
    }

    @Test func `findings of one rule share a case, which has one failure`() throws {
        let report = SampleReport.failed()
        let twice = TraceReport(
            source: "t", findings: report.findings + report.findings, summary: TraceSummary(), toolVersion: "0")
        let tags = try #require(Self.tags(ReportFormat.junit.render(twice)))
        #expect(tags.count { $0.name == "testcase" } == 3)
        #expect(tags.count { $0.name == "failure" } == 2)
    }

    @Test func `a good trace has a case, so that nobody takes silence for success`() throws {
        let report = TraceReport(source: "t", findings: [], summary: TraceSummary(), toolVersion: "0")
        let tags = try #require(Self.tags(ReportFormat.junit.render(report)))
        #expect(tags.count { $0.name == "testcase" } == 1)
        #expect(!tags.contains { $0.name == "failure" })
    }

    @Test func `hostile text is no markup`() {
        let own = Set(MarkupScan(ReportFormat.junit.render(SampleReport.failed())).tags.map(\.name))
        for report in HostileTests.reports {
            let tags = Self.tags(ReportFormat.junit.render(report))
            #expect(tags != nil)
            #expect(Set((tags ?? []).map(\.name)).subtracting(own) == [])
        }
    }
}
