import Diagnosis
import Foundation
import Testing

/// The pages of rules and guides, which are their doc comments.
struct PageTests {
    @Test(arguments: RuleCatalogue.rules.map(\.name))
    func `a rule has a page that says what it means and how to fix it`(name: String) throws {
        let entry = try #require(RuleCatalogue.rule(named: name))
        let headings = entry.page.components(separatedBy: "\n").filter { $0.hasPrefix("#") }
        #expect(headings.starts(with: ["## What it means", "## How to fix it"]), "\(name): \(headings)")
        #expect(headings.count == 2 || headings == ["## What it means", "## How to fix it", "## See also"], "\(name)")
        #expect((20...120).contains(entry.summary.count) && entry.summary.hasSuffix("."), "\(name): \(entry.summary)")
        #expect(!entry.page.contains("TODO"), "\(name)")
    }

    @Test(arguments: RuleCatalogue.guides.map(\.name))
    func `a guide has a page and a title`(name: String) throws {
        let entry = try #require(RuleCatalogue.guide(named: name))
        let headings = entry.page.components(separatedBy: "\n").filter { $0.hasPrefix("#") }
        #expect(headings.contains("## What it means") && headings.contains("## How to do it"), "\(name): \(headings)")
        #expect(!entry.guide.title.isEmpty && !entry.guide.title.hasSuffix("."), "\(name)")
        #expect(RuleCatalogue.page(named: name) == entry.page)
    }

    @Test func `symptoms are ids of the table`() {
        let symptoms =
            RuleCatalogue.rules.flatMap { $0.rule.symptoms } + RuleCatalogue.guides.flatMap { $0.guide.symptoms }
        for symptom in symptoms {
            let digits = symptom.dropFirst()
            #expect("ABCDFGHIJK".contains(symptom.prefix(1)) && digits.count == 2, "\(symptom)")
            #expect((1...45).contains(Int(digits) ?? 0), "\(symptom)")
        }
    }

    @Test func `names are in order and none is taken twice`() {
        let rules = RuleCatalogue.rules.map(\.name)
        #expect(rules == rules.sorted())
        let names = rules + RuleCatalogue.guides.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.contains("authorization-forwarded"))
        #expect(names.contains("daemon-debug-log"))
    }
}
