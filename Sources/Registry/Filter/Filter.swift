/// The language in which exchanges are picked, in `show`, on the page and in scenarios:
/// `host:*.azurecr.io status:>=400 op:blob.get -method:HEAD finding:*`.
///
/// Terms are joined by blanks, which mean *and*, by `or`, by `not` or a minus in front, and by brackets. A term is a key, a
/// colon and a value; a word without a key is looked for in the URL. Values may hold `*`; several, separated by commas,
/// are alternatives; numbers may be compared (`>=400`), spanned (`400..499`), or stand for a class (`4xx`).
public struct Filter: Sendable, Hashable {
    indirect enum Expression: Sendable, Hashable {
        case all([Expression])
        case any([Expression])
        case not(Expression)
        case term(FilterTerm)
    }

    let expression: Expression

    /// Reads a filter; an empty one lets everything pass.
    /// - Throws: `FilterError`, whose description says what was expected and where.
    public init(_ text: String) throws(FilterError) {
        var parser = try FilterParser(text)
        expression = try parser.filter()
    }

    public func matches(_ subject: FilterSubject) -> Bool {
        Self.evaluate(expression, subject)
    }

    /// Whether the answer depends on findings, which are known only when the whole trace has been read.
    public var asksForFindings: Bool { Self.asksForFindings(expression) }

    private static func evaluate(_ expression: Expression, _ subject: FilterSubject) -> Bool {
        switch expression {
        case .all(let parts): parts.allSatisfy { evaluate($0, subject) }
        case .any(let parts): parts.contains { evaluate($0, subject) }
        case .not(let part): !evaluate(part, subject)
        case .term(let term): term.matches(subject)
        }
    }

    private static func asksForFindings(_ expression: Expression) -> Bool {
        switch expression {
        case .all(let parts), .any(let parts): parts.contains(where: asksForFindings)
        case .not(let part): asksForFindings(part)
        case .term(let term): term.key == .finding
        }
    }
}

/// Why a text is no filter.
public struct FilterError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Characters before the place at fault.
    public var offset: Int
    /// What was found there and what was expected.
    public var description: String

    init(_ description: String, at offset: Int) {
        self.description = description
        self.offset = offset
    }
}
