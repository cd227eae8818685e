/// Every rule and every guide that there is, in the order of their names, with their pages.
///
/// The lists are written at each build by `tools/rulecatalogue` from the files in `Rules` and `Guides`; nobody keeps
/// them by hand.
public enum RuleCatalogue {
    public struct RuleEntry: Sendable {
        public var rule: any Rule.Type
        /// The doc comment of the rule, in Markdown.
        public var page: String

        public var name: String { rule.name }
        /// The first sentence of the page.
        public var summary: String { RuleCatalogue.summary(of: page) }
    }

    public struct GuideEntry: Sendable {
        public var guide: any Guide.Type
        /// The doc comment of the guide, in Markdown.
        public var page: String

        public var name: String { guide.name }
    }

    public static var rules: [RuleEntry] { ruleEntries }
    public static var guides: [GuideEntry] { guideEntries }

    /// What the engine runs when nobody chooses otherwise.
    public static var ruleTypes: [any Rule.Type] { ruleEntries.map(\.rule) }

    public static func rule(named name: String) -> RuleEntry? { ruleEntries.first { $0.name == name } }
    public static func guide(named name: String) -> GuideEntry? { guideEntries.first { $0.name == name } }

    /// The page of a rule or a guide, in Markdown, without a heading.
    public static func page(named name: String) -> String? { rule(named: name)?.page ?? guide(named: name)?.page }

    /// The first paragraph in one line, up to the end of its first sentence.
    private static func summary(of page: String) -> String {
        let paragraph = page.split(separator: "\n", omittingEmptySubsequences: false)
            .prefix { !$0.isEmpty }.joined(separator: " ")
        guard let end = paragraph.firstRange(of: ". ") else { return paragraph }
        return String(paragraph[..<end.lowerBound]) + "."
    }
}
