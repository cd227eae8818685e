import Glibc

/// Writes the source of `RuleCatalogue` from the rules and guides themselves.
///
///     rulecatalogue OUTPUT FILE…
///
/// Each file gives one rule or one guide, by its place below `Rules/` or `Guides/`; its doc comment becomes the page.
/// What does not fit is said as a compiler would say it, so that an editor leads to the line. No Foundation: this
/// program is built before anything that needs it.
@main
struct Generator {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        guard let output = arguments.first else {
            TextFile.say("usage: rulecatalogue OUTPUT FILE…")
            exit(2)
        }
        var entries: [CatalogueEntry] = []
        var complaints: [Complaint] = []
        for path in arguments.dropFirst() {
            guard let text = TextFile.read(path) else {
                complaints.append(Complaint(path: path, line: 1, text: "cannot be read"))
                continue
            }
            switch CatalogueEntry.found(in: text, path: path) {
            case .success(let entry): entries.append(entry)
            case .failure(let complaint): complaints.append(complaint)
            }
        }
        entries.sort { $0.name < $1.name }
        for (one, other) in zip(entries, entries.dropFirst()) where one.name == other.name {
            complaints.append(
                Complaint(path: other.path, line: other.line, text: "'\(other.name)' is the name of \(one.path) too"))
        }
        if complaints.isEmpty, !TextFile.write(CatalogueSource.text(of: entries), to: output) {
            complaints.append(Complaint(path: output, line: 1, text: "cannot be written"))
        }
        for complaint in complaints { TextFile.say(complaint.description) }
        exit(complaints.isEmpty ? 0 : 1)
    }
}
