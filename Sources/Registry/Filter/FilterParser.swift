/// Reads the filter language by recursive descent.
///
/// The depth of brackets is limited, because a filter may come from a scenario file that somebody else wrote.
struct FilterParser {
    private enum Token: Hashable {
        case open
        case close
        case minus
        case word(String)
        /// Quoted text is never an operator.
        case quoted(String)
    }

    private static let deepest = 32

    private var tokens: [(token: Token, offset: Int)] = []
    private var position = 0
    private let end: Int

    init(_ text: String) throws(FilterError) {
        var scanner = Scanner(text)
        while let token = try scanner.next() { tokens.append(token) }
        end = text.count
    }

    mutating func filter() throws(FilterError) -> Filter.Expression {
        guard !tokens.isEmpty else { return .all([]) }
        let expression = try alternatives(depth: 0)
        if let extra = peek {
            throw FilterError("a bracket is closed here that was never opened", at: extra.offset)
        }
        return expression
    }

    private mutating func alternatives(depth: Int) throws(FilterError) -> Filter.Expression {
        var parts = [try conjunction(depth: depth)]
        while isWord("or") {
            position += 1
            parts.append(try conjunction(depth: depth))
        }
        return parts.count == 1 ? parts[0] : .any(parts)
    }

    private mutating func conjunction(depth: Int) throws(FilterError) -> Filter.Expression {
        var parts: [Filter.Expression] = []
        while let next = peek, next.token != .close, !isWord("or") {
            if isWord("and"), !parts.isEmpty {
                position += 1
                continue
            }
            parts.append(try factor(depth: depth))
        }
        guard !parts.isEmpty else {
            throw FilterError("a term such as status:404 is expected here", at: peek?.offset ?? end)
        }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private mutating func factor(depth: Int) throws(FilterError) -> Filter.Expression {
        guard let next = peek else { throw FilterError("a term such as status:404 is expected here", at: end) }
        guard depth < Self.deepest else {
            throw FilterError("brackets are nested deeper than \(Self.deepest)", at: next.offset)
        }
        position += 1
        switch next.token {
        case .minus: return .not(try factor(depth: depth + 1))
        case .word("not"): return .not(try factor(depth: depth + 1))
        case .open:
            let inner = try alternatives(depth: depth + 1)
            guard peek?.token == .close else {
                throw FilterError("the bracket opened here is never closed", at: next.offset)
            }
            position += 1
            return inner
        case .close: throw FilterError("a term such as status:404 is expected here", at: next.offset)
        case .quoted(let text): return .term(FilterTerm(key: .url, values: [.contains(text)]))
        case .word(let word): return .term(try FilterTerm(word, at: next.offset))
        }
    }

    private var peek: (token: Token, offset: Int)? { position < tokens.count ? tokens[position] : nil }

    private func isWord(_ word: String) -> Bool { peek?.token == .word(word) }

    /// Cuts the text into tokens.
    private struct Scanner {
        private let text: [Character]
        private var index = 0

        init(_ text: String) { self.text = Array(text) }

        mutating func next() throws(FilterError) -> (token: Token, offset: Int)? {
            while index < text.count, text[index].isWhitespace { index += 1 }
            guard index < text.count else { return nil }
            let start = index
            switch text[index] {
            case "(":
                index += 1
                return (.open, start)
            case ")":
                index += 1
                return (.close, start)
            case "-":
                index += 1
                return (.minus, start)
            case "\"": return (.quoted(try quotation()), start)
            default: break
            }
            var word = ""
            while index < text.count, !text[index].isWhitespace, text[index] != "(", text[index] != ")" {
                if text[index] == "\"" {
                    word += try quotation()
                } else {
                    word.append(text[index])
                    index += 1
                }
            }
            return (.word(word), start)
        }

        private mutating func quotation() throws(FilterError) -> String {
            let start = index
            index += 1
            var content = ""
            while index < text.count, text[index] != "\"" {
                content.append(text[index])
                index += 1
            }
            guard index < text.count else { throw FilterError("the quotation begun here has no end", at: start) }
            index += 1
            return content
        }
    }
}
