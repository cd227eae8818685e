import Diagnosis
import TapeModel

/// The catalogue of rules and guides in words, and as JSON whose members are part of the interface.
enum CatalogueText {
    /// Rules with severity, party and one line each, then the guides.
    static var list: String {
        let rules = RuleCatalogue.rules
        let width = (rules.map(\.name.utf8.count) + RuleCatalogue.guides.map(\.name.utf8.count)).max() ?? 0
        let parties = Party.allCases.map(\.rawValue.utf8.count).max() ?? 0
        var text = ""
        for entry in rules {
            text += padded(entry.name, width) + "  " + padded(entry.rule.severity.rawValue, 7) + "  "
            text += padded(entry.rule.party.rawValue, parties) + "  " + plain(entry.summary) + "\n"
        }
        text += "\nGuides, for what no recording shows:\n"
        for entry in RuleCatalogue.guides { text += padded(entry.name, width) + "  " + entry.guide.title + "\n" }
        return text + "\nThe page of each: regtape rules NAME\n"
    }

    static func page(_ entry: RuleCatalogue.RuleEntry) -> String {
        var facts = "severity \(entry.rule.severity.rawValue), fault of \(entry.rule.party.rawValue)"
        if !entry.rule.symptoms.isEmpty { facts += ", symptoms \(entry.rule.symptoms.joined(separator: " "))" }
        return "# \(entry.name)\n\n\(facts)\n\n\(entry.page)\n"
    }

    static func page(_ entry: RuleCatalogue.GuideEntry) -> String { "# \(entry.guide.title)\n\n\(entry.page)\n" }

    static func json(_ entry: RuleCatalogue.RuleEntry, withPage: Bool) -> String {
        line(
            [
                .init("kind", .string("rule")), .init("name", .string(entry.name)),
                .init("severity", .string(entry.rule.severity.rawValue)),
                .init("party", .string(entry.rule.party.rawValue)),
                .init("summary", .string(plain(entry.summary))),
                .init("symptoms", .array(entry.rule.symptoms.map(JSONValue.string))),
            ] + (withPage ? [.init("page", .string(entry.page))] : []))
    }

    static func json(_ entry: RuleCatalogue.GuideEntry, withPage: Bool) -> String {
        line(
            [
                .init("kind", .string("guide")), .init("name", .string(entry.name)),
                .init("summary", .string(entry.guide.title)),
                .init("symptoms", .array(entry.guide.symptoms.map(JSONValue.string))),
            ] + (withPage ? [.init("page", .string(entry.page))] : []))
    }

    /// What to say of a name that there is not, with those that were probably meant.
    static func unknown(_ name: String) -> String {
        let near = NearestNames.of(
            name, among: RuleCatalogue.rules.map(\.name) + RuleCatalogue.guides.map(\.name))
        let meant = near.isEmpty ? "" : "; did you mean \(near.joined(separator: ", "))?"
        return "there is no rule or guide '\(name.quotable(80))'\(meant) All of them: regtape rules"
    }

    /// Without the marks of Markdown, for a line of a list.
    private static func plain(_ text: String) -> String { String(text.filter { $0 != "`" }) }

    private static func line(_ members: [JSONValue.Member]) -> String {
        String(decoding: JSONValue.object(members).serialized, as: UTF8.self) + "\n"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.utf8.count))
    }
}
