import ArgumentParser
import Diagnosis
import Glibc
import TapeModel

/// `regtape rules`: what is looked for, and the page of each rule and guide.
struct RulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "List the faults that are looked for, or print the page of one.",
        discussion: "Guides are pages about what no recording can show. Their names work like those of rules.")

    @Argument(help: "A rule or a guide: its page is printed.")
    var name: String?

    @Flag(help: "One JSON object a line.")
    var json = false

    func run() throws {
        guard let name else { return list() }
        if let entry = RuleCatalogue.rule(named: name) {
            Terminal.write(
                json ? CatalogueText.json(entry, withPage: true) : CatalogueText.page(entry), to: STDOUT_FILENO)
        } else if let entry = RuleCatalogue.guide(named: name) {
            Terminal.write(
                json ? CatalogueText.json(entry, withPage: true) : CatalogueText.page(entry), to: STDOUT_FILENO)
        } else {
            throw ExitStatus.Failure(ExitStatus.usage, CatalogueText.unknown(name))
        }
    }

    private func list() {
        let text =
            json
            ? (RuleCatalogue.rules.map { CatalogueText.json($0, withPage: false) }
                + RuleCatalogue.guides.map { CatalogueText.json($0, withPage: false) }).joined()
            : CatalogueText.list
        Terminal.write(text, to: STDOUT_FILENO)
    }
}
