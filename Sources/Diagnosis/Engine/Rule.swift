public import Registry
public import TapeModel

/// One fault that a trace can show.
///
/// A rule is one file, named like its type for the fault; its doc comment is the page that `regtape rules NAME` prints.
/// It is asked about every exchange, every connection and, at the end, about the whole; most answer one of the three.
/// The exchange is told with all that depends on earlier ones; `window` shows its neighbours before *and after* it.
/// A check is a pure function: the engine merges, counts, silences and orders what the checks find, and puts the numbers
/// of the exchanges into the title. `fixtures/rules/README.md` tells how to add one.
public protocol Rule: Sendable {
    /// In kebab case; the fixtures lie in `fixtures/rules/<name>`.
    static var name: String { get }
    /// The worst that it reports, for the list of rules.
    static var severity: Severity { get }
    /// Whose fault it usually is.
    static var party: Party { get }
    /// Which exchanges it is asked about: failures, unless it says otherwise.
    static var interest: Interest { get }
    /// Specific rules silence generic ones about the same exchange.
    static var isGeneric: Bool { get }
    /// Heard only where no other finding, specific or generic, cites the exchange; there is one such rule.
    static var isLastResort: Bool { get }
    /// Whether the fault is overcome when the same request succeeds later: its findings then weigh one step less.
    static var isCuredBySuccess: Bool { get }
    /// Ids of the rows of the table of symptoms that it stands for, such as `B01`.
    static var symptoms: [String] { get }

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding?
    static func check(_ connection: DecodedConnection, in window: TraceWindow) -> Finding?
    static func check(_ summary: TraceSummary, in window: TraceWindow) -> [Finding]
}

extension Rule {
    public static var interest: Interest { .failures }
    public static var isGeneric: Bool { false }
    public static var isLastResort: Bool { false }
    public static var isCuredBySuccess: Bool { true }
    public static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? { nil }
    public static func check(_ connection: DecodedConnection, in window: TraceWindow) -> Finding? { nil }
    public static func check(_ summary: TraceSummary, in window: TraceWindow) -> [Finding] { [] }

    /// A finding of this rule with its own severity and party unless told otherwise.
    public static func finding(
        _ title: String, detail: String = "", advice: String, evidence: [Evidence], subject: String = "",
        severity: Severity? = nil, party: Party? = nil
    ) -> Finding {
        Finding(
            rule: name, severity: severity ?? self.severity, party: party ?? self.party, title: title, detail: detail,
            advice: advice, evidence: evidence, subject: subject)
    }
}
