import Diagnosis
import Foundation
import TestSupport
import Testing

/// What holds for every rule of the catalogue; a new rule is tested by being there.
struct RuleTests {
    static let names = RuleCatalogue.rules.map(\.name)

    @Test(arguments: names)
    func `the rule comes first where its fault is shown, and says what was recorded`(name: String) throws {
        let fixture = RuleFixture(name: name)
        let findings = try RuleFixture.findings(in: fixture.faultPath)
        #expect(
            findings.first?.rule == name, "\(name) is not the first finding of its fault.http:\n\(findings.transcript)")
        try Snapshot.expect(findings.transcript, at: fixture.snapshotPath)
    }

    /// With all rules at once, which is every rule against every other one's clean transcript.
    @Test(arguments: names)
    func `no rule finds anything of weight where the fault is not shown`(name: String) throws {
        let findings = try RuleFixture.findings(in: RuleFixture(name: name).cleanPath)
        let heavy = findings.filter { $0.severity >= .warning || $0.rule == name }
        #expect(heavy.isEmpty, "found in the clean.http of \(name):\n\(heavy.transcript)")
    }

    /// The rule itself, without others that might silence it.
    @Test(arguments: names)
    func `the rule alone tells its fault from what is not`(name: String) throws {
        let rule = try #require(RuleCatalogue.rule(named: name)).rule
        let fixture = RuleFixture(name: name)
        let found = try RuleFixture.findings(in: fixture.faultPath, rules: [rule])
        #expect(!found.isEmpty, "\(name) does not fire on its fault.http")
        let wrong = try RuleFixture.findings(in: fixture.cleanPath, rules: [rule])
        #expect(wrong.isEmpty, "\(name) fires on its clean.http:\n\(wrong.transcript)")
        guard let near = fixture.nearPath else { return }
        let mistaken = try RuleFixture.findings(in: near, rules: [rule])
        #expect(mistaken.isEmpty, "\(name) fires on its near.http, which is another fault:\n\(mistaken.transcript)")
    }

    @Test(arguments: names)
    func `findings speak in whole sentences and carry their proof`(name: String) throws {
        let rule = try #require(RuleCatalogue.rule(named: name)).rule
        for finding in try RuleFixture.findings(in: RuleFixture(name: name).faultPath, rules: [rule]) {
            #expect(finding.rule == name)
            #expect(finding.severity <= rule.severity, "\(name) reports more than the severity that it declares")
            #expect(
                finding.title.first?.isLowercase == false || finding.title.first?.isLetter == false, "\(finding.title)")
            #expect(finding.title.hasSuffix(".") && !finding.title.contains("\n"), "\(finding.title)")
            #expect(!finding.advice.isEmpty, "\(name) gives no advice")
            #expect(!finding.evidence.isEmpty, "\(name) gives no evidence")
        }
    }

    @Test func `every folder of fixtures belongs to a rule and holds what it should`() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: RepositoryRoot.path("fixtures/rules"))
            .filter { !$0.hasPrefix(".") && $0 != "README.md" }
        #expect(Set(folders).subtracting(Self.names).sorted() == [], "no rule has these names")
        #expect(Set(Self.names).subtracting(folders).sorted() == [], "these rules have no fixtures")
        for folder in folders {
            let files = try FileManager.default.contentsOfDirectory(atPath: RuleFixture(name: folder).directory)
                .filter { $0 != "near.http" }.sorted()
            #expect(files == ["clean.http", "fault.http", "finding.txt"], "\(folder)")
        }
    }
}
