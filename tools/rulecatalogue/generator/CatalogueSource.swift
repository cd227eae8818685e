/// The generated file.
enum CatalogueSource {
    static func text(of entries: [CatalogueEntry]) -> String {
        var text = """
            // Written by tools/rulecatalogue at each build from Rules/ and Guides/; see there.

            extension RuleCatalogue {
                static let ruleEntries: [RuleEntry] = [

            """
        for entry in entries where entry.kind == .rule { text += self.entry(entry, label: "rule") }
        text += "    ]\n\n    static let guideEntries: [GuideEntry] = [\n"
        for entry in entries where entry.kind == .guide { text += self.entry(entry, label: "guide") }
        return text + "    ]\n}\n"
    }

    private static func entry(_ entry: CatalogueEntry, label: String) -> String {
        let page = entry.page.joined(separator: "\n")
        // More marks than the page has in a row, so that nothing in it ends the literal or is read as its code.
        let marks = String(repeating: "#", count: longestRun(of: "#", in: page) + 1)
        return "        .init(\n            \(label): \(entry.type).self,\n            page: \(marks)\"\"\"\n"
            + page.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "\n" : "                \($0)\n" }.joined()
            + "                \"\"\"\(marks)),\n"
    }

    private static func longestRun(of mark: Character, in text: String) -> Int {
        var longest = 0
        var run = 0
        for character in text {
            run = character == mark ? run + 1 : 0
            longest = max(longest, run)
        }
        return longest
    }
}
