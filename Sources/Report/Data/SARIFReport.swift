import Diagnosis
import TapeModel

/// The findings in SARIF 2.1.0 (OASIS), for code scanning and whatever else collects results.
///
/// A result points at the tape: the artifact is `tape.jsonl`, the logical location the exchange, and, where records and
/// lines agree, the region is the exchange's line.
struct SARIFReport: Sendable {
    private var json = JSONWriter()

    static func render(_ report: TraceReport) -> String {
        var document = SARIFReport()
        document.write(report)
        return EscapedJSON.text(document.json) + "\n"
    }

    private mutating func write(_ report: TraceReport) {
        let rules = Self.rules(report)
        let places = Dictionary(rules.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        json.beginObject()
        json.member("$schema", "https://json.schemastore.org/sarif-2.1.0.json")
        json.member("version", "2.1.0")
        json.objects("runs", [report]) { json, report in
            json.object("tool") { json in
                json.object("driver") { json in
                    json.member("name", "regtape")
                    if !report.toolVersion.isEmpty { json.member("version", report.toolVersion) }
                    json.objects("rules", rules, Self.rule)
                }
            }
            json.objects("invocations", [report]) { json, report in
                json.member("executionSuccessful", true)
                json.objects("toolExecutionNotifications", report.notes.sentences) { json, note in
                    json.member("level", "note")
                    json.object("message") { $0.member("text", InertText.of(note)) }
                }
            }
            json.objects("artifacts", ["tape.jsonl"]) { json, name in
                json.object("location") { $0.member("uri", name) }
                json.object("description") { $0.member("text", InertText.of(report.source)) }
            }
            json.member("columnKind", "utf16CodeUnits")
            json.objects("results", report.findings) { json, finding in
                Self.result(&json, finding, place: places[finding.rule], hasLines: report.notes.hasLineNumbers)
            }
            json.object("properties") { $0.member("verdict", InertText.of(report.verdict.sentence)) }
        }
        json.endObject()
    }

    /// Descriptions as given, and a plain one for each rule that reported without: a result must name a rule.
    private static func rules(_ report: TraceReport) -> [RuleDescription] {
        var rules = report.rules
        var known = Set(rules.map(\.name))
        for finding in report.findings where known.insert(finding.rule).inserted {
            rules.append(RuleDescription(name: finding.rule, severity: finding.severity, page: ""))
        }
        return rules
    }

    private static func rule(_ json: inout JSONWriter, _ rule: RuleDescription) {
        json.member("id", rule.name)
        json.member("name", pascal(rule.name))
        json.object("shortDescription") { $0.member("text", plain(rule.summary)) }
        json.object("fullDescription") { $0.member("text", plain(rule.summary)) }
        json.object("help") { json in
            let page = rule.page.isEmpty ? rule.name : rule.page
            json.member("text", InertText.lines(page))
            json.member("markdown", InertText.lines(page))
        }
        json.object("defaultConfiguration") { $0.member("level", rule.severity.rawValue) }
    }

    private static func result(_ json: inout JSONWriter, _ finding: Finding, place: Int?, hasLines: Bool) {
        json.member("ruleId", finding.rule)
        if let place { json.member("ruleIndex", Int64(place)) }
        json.member("level", finding.severity.rawValue)
        json.object("message") { json in
            let words = [finding.title, finding.detail, finding.advice].filter { !$0.isEmpty }
            json.member("text", InertText.lines(words.joined(separator: "\n")))
        }
        json.objects("locations", finding.evidence.prefix(1)) { location(&$0, $1, hasLines: hasLines) }
        let rest = finding.evidence.dropFirst()
        if !rest.isEmpty {
            json.objects("relatedLocations", rest.enumerated()) { json, evidence in
                json.member("id", Int64(evidence.offset + 1))
                location(&json, evidence.element, hasLines: hasLines)
            }
        }
        json.object("partialFingerprints") { json in
            // Equal for the same fault in two recordings, whose exchanges have other numbers.
            json.member("findingSubject/v1", InertText.of("\(finding.rule) \(finding.subject)"))
        }
        json.object("properties") { json in
            json.member("party", finding.party.rawValue)
            json.member("advice", InertText.lines(finding.advice))
        }
    }

    private static func location(_ json: inout JSONWriter, _ evidence: Evidence, hasLines: Bool) {
        json.object("physicalLocation") { json in
            json.object("artifactLocation") { json in
                json.member("uri", "tape.jsonl")
                json.member("index", Int64(0))
            }
            if hasLines, evidence.seq > 0 {
                json.object("region") { $0.member("startLine", evidence.seq) }
            }
        }
        json.objects("logicalLocations", [evidence]) { json, evidence in
            json.member("name", "exchange \(evidence.seq)")
            json.member("fullyQualifiedName", InertText.of("exchange/\(evidence.seq)/\(evidence.at)"))
        }
    }

    private static func pascal(_ name: String) -> String {
        name.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    private static func plain(_ text: String) -> String {
        InertText.of(MarkedText.runs(text).map(\.text).joined())
    }
}
