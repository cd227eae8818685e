import Diagnosis
import Registry
import TapeModel

/// The report as test results, in the XML that CI servers read.
///
/// There is no standard; this keeps to what the schemas of Ant and of Jenkins have in common. A case for each workflow
/// fails where the workflow did; a case for each rule that reported fails from a severity on. A case has one failure at
/// most, so findings of one rule share it.
struct JUnitReport: Sendable {
    private struct Case {
        var group: String
        var name: String
        var microseconds: Int64 = 0
        var failure: (kind: String, message: String, text: String)?
        var output = ""
    }

    static func render(_ report: TraceReport, failOn: Severity) -> String {
        let cases = workflows(report) + rules(report, failOn: failOn)
        let all =
            cases.isEmpty ? [Case(group: "regtape.trace", name: "verdict", output: report.verdict.sentence)] : cases
        let failures = all.count { $0.failure != nil }
        let started = report.summary.started ?? Instant(microseconds: 0)
        let whole = report.summary.ended.map { $0.microseconds(since: started) } ?? 0
        var xml = XMLWriter()
        xml.open("testsuites")
        xml.open(
            "testsuite", ("id", "0"), ("name", "regtape \(report.source)"), ("package", "regtape"),
            ("timestamp", String(started.timestamp.prefix(19))), ("hostname", "localhost"),
            ("tests", String(all.count)), ("failures", String(failures)), ("errors", "0"), ("time", seconds(whole)))
        xml.open("properties")
        xml.empty("property", ("name", "verdict"), ("value", report.verdict.sentence))
        for note in report.notes.sentences { xml.empty("property", ("name", "note"), ("value", note)) }
        xml.close("properties")
        for test in all { write(test, to: &xml) }
        xml.element("system-out", text: report.verdict.sentence)
        xml.element("system-err", text: "")
        xml.close("testsuite")
        xml.close("testsuites")
        return xml.output
    }

    private static func workflows(_ report: TraceReport) -> [Case] {
        report.summary.workflows.map { workflow in
            let deed = WorkflowWords.deed(workflow, layers: report.summary.layers)
            var test = Case(
                group: "regtape.workflow.\(workflow.kind.rawValue)",
                name: "\(workflow.number): \(WorkflowWords.title(workflow))",
                microseconds: workflow.ended.microseconds(since: workflow.started))
            if workflow.outcome == .failed {
                test.failure = ("workflow-failed", deed, report.verdict.sentence)
            } else {
                test.output = deed
            }
            return test
        }
    }

    private static func rules(_ report: TraceReport, failOn: Severity) -> [Case] {
        var order: [String] = []
        var findings: [String: [Finding]] = [:]
        for finding in report.findings {
            if findings[finding.rule] == nil { order.append(finding.rule) }
            findings[finding.rule, default: []].append(finding)
        }
        return order.map { rule in
            let all = findings[rule] ?? []
            let text = all.map(self.text).joined(separator: "\n\n")
            var test = Case(group: "regtape.rule", name: rule)
            if let worst = all.first(where: { $0.severity >= failOn }) {
                test.failure = (rule, worst.title, text)
            } else {
                test.output = text
            }
            return test
        }
    }

    private static func text(_ finding: Finding) -> String {
        let evidence = finding.evidence.map { "#\($0.seq) \($0.at)" }.joined(separator: ", ")
        return [
            "\(finding.severity.rawValue) (\(finding.party.rawValue)): \(finding.title)", finding.detail,
            finding.advice, evidence.isEmpty ? "" : "Evidence: \(evidence)",
        ].filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private static func write(_ test: Case, to xml: inout XMLWriter) {
        xml.open("testcase", ("name", test.name), ("classname", test.group), ("time", seconds(test.microseconds)))
        if let failure = test.failure {
            xml.element("failure", ("message", failure.message), ("type", failure.kind), text: failure.text)
        } else if !test.output.isEmpty {
            xml.element("system-out", text: test.output)
        }
        xml.close("testcase")
    }

    private static func seconds(_ microseconds: Int64) -> String {
        let milliseconds = max(0, microseconds) / 1_000
        let fraction = String(milliseconds % 1_000)
        return "\(milliseconds / 1_000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
    }
}
