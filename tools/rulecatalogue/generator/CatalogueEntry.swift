/// A rule or a guide as its file declares it.
struct CatalogueEntry {
    enum Kind: String {
        case rule = "Rule"
        case guide = "Guide"
    }

    var kind: Kind
    var type: String
    /// In kebab case.
    var name: String
    /// The doc comment without its slashes.
    var page: [String]
    var path: String
    /// Where the declaration stands.
    var line: Int

    /// Reads the one declaration of a file, or says why it is not one.
    static func found(in text: String, path: String) -> Result<CatalogueEntry, Complaint> {
        func complaint(_ line: Int, _ text: String) -> Result<CatalogueEntry, Complaint> {
            .failure(Complaint(path: path, line: line, text: text))
        }
        // The folder nearest to the file: a checkout may lie in one of either name.
        let folder = path.split(separator: "/").last { $0 == "Guides" || $0 == "Rules" }
        let kind: Kind = folder == "Guides" ? .guide : .rule
        let word = kind.rawValue.lowercased()
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let declarations = lines.enumerated().compactMap { index, line in
            declaredType(line, conformingTo: kind).map { (index: index, type: $0) }
        }
        guard let declaration = declarations.first else {
            return complaint(
                1,
                "this file declares no \(word), such as 'enum \(fileName(path)): \(kind.rawValue) {'; what several "
                    + "\(word)s share belongs beside this folder, in Vocabulary")
        }
        if declarations.count > 1 {
            return complaint(
                declarations[1].index + 1, "this file declares a second \(word); a \(word) is one file")
        }
        let number = declaration.index + 1
        guard fileName(path) == declaration.type else {
            return complaint(
                number, "'\(declaration.type)' stands in a file of another name; call it \(declaration.type).swift")
        }
        let name = declaration.type.kebabCase
        guard let (line, said) = declaredName(lines) else {
            return complaint(number, "the \(word) does not say its name; write 'static let name = \"\(name)\"'")
        }
        guard said == name else {
            return complaint(line, "the name of '\(declaration.type)' is '\(name)', not '\(said)'")
        }
        let page = docComment(above: declaration.index, in: lines)
        guard page.contains(where: { !$0.isEmpty }) else {
            return complaint(number, "the \(word) has no doc comment, which is its page")
        }
        return .success(
            CatalogueEntry(kind: kind, type: declaration.type, name: name, page: page, path: path, line: number))
    }

    /// The type that a line declares at the left margin and as a rule or a guide.
    private static func declaredType(_ line: String, conformingTo kind: Kind) -> String? {
        guard line.first?.isWhitespace == false, !line.hasPrefix("/") else { return nil }
        let words = line.split { " :,{".contains($0) }.map(String.init)
        guard let keyword = words.firstIndex(where: { $0 == "enum" || $0 == "struct" }), keyword <= 1,
            keyword + 1 < words.count, words[(keyword + 2)...].contains(kind.rawValue)
        else { return nil }
        return words[keyword + 1]
    }

    /// What `static let name = "…"` says, and on which line.
    private static func declaredName(_ lines: [String]) -> (line: Int, name: String)? {
        for (index, line) in lines.enumerated() {
            let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let words = parts[0].split(separator: " ").filter { $0 != "public" && $0 != "package" }
            if words == ["static", "let", "name", "="] || words == ["static", "let", "name:", "String", "="] {
                return (index + 1, String(parts[1]))
            }
        }
        return nil
    }

    private static func docComment(above index: Int, in lines: [String]) -> [String] {
        var page: [String] = []
        for line in lines[..<index].reversed() {
            // Attributes may stand between the comment and what it is about.
            if page.isEmpty, line.hasPrefix("@") { continue }
            guard line.hasPrefix("///") else { break }
            page.append(line.hasPrefix("/// ") ? String(line.dropFirst(4)) : String(line.dropFirst(3)))
        }
        return page.reversed()
    }

    private static func fileName(_ path: String) -> String {
        let last = path.split(separator: "/").last.map(String.init) ?? path
        return last.hasSuffix(".swift") ? String(last.dropLast(6)) : last
    }
}
