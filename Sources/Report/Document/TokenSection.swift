import Registry

/// What was asked of token servers and what they gave.
enum TokenSection {
    static func section(_ summary: TraceSummary) -> ReportDocument.Section? {
        guard !summary.tokens.isEmpty else { return nil }
        let rows = summary.tokens.map { token -> [ReportTable.Cell] in
            let isGiven = token.status.map { (200..<300).contains($0) } ?? false
            return [
                .word("#\(token.seq)"),
                .code(token.host),
                .word(token.isAnonymous ? "nobody" : "a user", token.isAnonymous ? .dim : .plain),
                token.asked.isEmpty ? .word("no scope", .dim) : .code(words(token.asked)),
                granted(token, isGiven: isGiven),
                isGiven ? .word(Quantity.seconds(token.life)) : .nothing,
                .word(String(token.uses), token.uses == 0 ? .dim : .plain),
            ]
        }
        let table = ReportTable(
            columns: [
                .init(title: "Exchange", short: "#", isNumeric: true), .init(title: "Token server"), .init(title: "As"),
                .init(title: "Asked for"), .init(title: "Granted"), .init(title: "Life", isNumeric: true),
                .init(title: "Used", isNumeric: true),
            ], rows: rows, omitted: summary.omitted["tokens"] ?? 0, caption: "Tokens asked for and granted")
        return .init(id: "tokens", title: "Tokens", blocks: [.table(table)])
    }

    private static func granted(_ token: TraceSummary.Token, isGiven: Bool) -> ReportTable.Cell {
        guard isGiven else { return .word(token.status.map { "refused with \($0)" } ?? "no answer", .bad) }
        guard let granted = token.granted else { return .word("opaque token", .dim) }
        return granted.isEmpty ? .word("nothing", token.asked.isEmpty ? .dim : .bad) : .code(words(granted))
    }

    private static func words(_ scopes: [TokenScope]) -> String {
        scopes.map(\.description).joined(separator: " ")
    }
}
