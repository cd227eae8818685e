import Diagnosis
import Registry
import Report
import TapeModel
import Testing

/// What each form looks like, and what all have in common.
struct FormatTests {
    @Test(arguments: [
        (ReportFormat.text, "txt"), (.html, "html"), (.markdown, "md"), (.json, "json"), (.sarif, "sarif"),
        (.junit, "xml"),
    ])
    func `a report reads as it was approved`(format: ReportFormat, suffix: String) throws {
        try ReportSnapshot.expect(format.render(SampleReport.failed()), "failed.\(suffix)")
    }

    @Test func `a good pull is told in one sentence`() throws {
        #expect(
            SampleReport.good().verdict.sentence
                == "Good: docker pulled team/app:1.4 (4 layers, 88.1 MB) in 4.2 s from registry.example; nothing to report."
        )
        try ReportSnapshot.expect(ReportFormat.text.render(SampleReport.good()), "good.txt")
    }

    @Test(arguments: ReportFormat.allCases)
    func `the verdict stands in every form`(format: ReportFormat) {
        #expect(format.render(SampleReport.failed()).contains("InvalidAuthenticationInfo because curl/7.88 sent"))
        #expect(format.render(SampleReport.failed()).hasSuffix("\n"))
    }

    @Test(arguments: ReportFormat.allCases)
    func `an empty trace is no reason to fail`(format: ReportFormat) {
        let report = TraceReport(source: "empty.tape", findings: [], summary: TraceSummary(), toolVersion: "0")
        #expect(format.render(report).contains("the trace holds no exchange"))
    }

    @Test func `the verdict follows the worst finding, and the failed workflow where no rule knows`() {
        var report = SampleReport.failed()
        #expect(report.verdict.standing == .failed)
        #expect(report.hasFinding(atLeast: .error))
        report = TraceReport(
            source: "", findings: Array(report.findings.dropFirst()), summary: report.summary, toolVersion: "0")
        #expect(report.verdict.sentence.hasPrefix("Warning: The token server"))
        #expect(!report.hasFinding(atLeast: .error))
        #expect(report.hasFinding(atLeast: .warning))
        report = TraceReport(source: "", findings: [], summary: report.summary, toolVersion: "0")
        #expect(report.verdict.standing == .failed)
        #expect(report.verdict.sentence.hasPrefix("Failed: docker could not pull team/app:1.4"))
        var summary = report.summary
        summary.workflows[0].outcome = .incomplete
        report = TraceReport(source: "", findings: [], summary: summary, toolVersion: "0")
        #expect(report.verdict.sentence.hasPrefix("Unfinished: docker began to pull team/app:1.4"))
    }

    @Test(arguments: ReportFormat.allCases)
    func `times and sizes that cannot be are written and do no harm`(format: ReportFormat) {
        var report = SampleReport.failed()
        for index in report.summary.workflows[0].steps.indices {
            report.summary.workflows[0].steps[index].started = Instant(microseconds: index % 2 == 0 ? .min : .max)
            report.summary.workflows[0].steps[index].timing.wait = index % 3 == 0 ? .min : .max
            report.summary.workflows[0].steps[index].timing.receive = .max
            report.summary.workflows[0].steps[index].timing.dns = .max
            report.summary.workflows[0].steps[index].bytes = .min
        }
        report.summary.workflows[0].ended = Instant(microseconds: .min)
        report.summary.layers[0].throughput = .infinity
        report.summary.layers[0].parallelism = .nan
        report.summary.layers[0].bytes = .min
        report.summary.tokens[0].life = .max
        report.summary.bytesReceived = .max
        #expect(!format.render(report).isEmpty)
    }

    @Test func `of very many workflows and layers the telling ones are drawn, and the rest is counted`() throws {
        var report = SampleReport.good()
        let one = try #require(report.summary.workflows.first)
        report.summary.workflows = (1...500).map { number in
            var workflow = one
            workflow.number = number
            workflow.outcome = number == 444 ? .failed : .succeeded
            workflow.repository = "team/app\(number)"
            return workflow
        }
        report.summary.layers = Array(repeating: report.summary.layers[0], count: 300)
        let text = ReportFormat.text.render(report)
        #expect(text.contains("Pull of team/app444:1.4"))
        #expect(text.contains("… and 480 workflows more."))
        #expect(text.contains("… and 200 more"))
        let json = try JSONValue(parsing: ReportFormat.json.render(report))
        #expect(json["workflows"]?.array?.count == 500)
        #expect(json["layers"]?.array?.count == 300)
    }

    @Test func `a column in which nothing stands is left out`() {
        var report = SampleReport.good()
        #expect(ReportFormat.text.render(report).contains("Cipher"))
        for index in report.summary.hosts.indices { report.summary.hosts[index].tls?.cipher = nil }
        #expect(!ReportFormat.text.render(report).contains("Cipher"))
        #expect(ReportFormat.text.render(report).contains("Certificate from"))
    }
}
