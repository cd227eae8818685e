public import TapeModel

/// How bad a finding is.
public enum Severity: String, Sendable, Hashable, Comparable, CaseIterable {
    /// Worth knowing; nothing failed.
    case note
    /// Something failed and was overcome, or will fail, or is likely at fault.
    case warning
    /// Something failed because of this.
    case error

    public static func < (lhs: Severity, rhs: Severity) -> Bool { lhs.rank < rhs.rank }

    private var rank: Int {
        switch self {
        case .note: 0
        case .warning: 1
        case .error: 2
        }
    }

    /// One step less; a note stays one.
    public var lowered: Severity { self == .error ? .warning : .note }
}

/// A verdict: what went wrong, whose doing it was, what proves it and what to do.
///
/// Title, detail and advice speak in the trace's own names and figures and hold no line feed but between the steps of
/// the advice. They may quote what peers sent; whoever shows them makes them inert.
public struct Finding: Sendable, Hashable {
    /// Name of the rule in kebab case.
    public var rule: String
    public var severity: Severity
    public var party: Party
    /// One sentence that can stand alone: the verdict.
    public var title: String
    /// Why it is so, in a few sentences; may be empty.
    public var detail: String
    /// What to do, a step a line, with commands where there are any.
    public var advice: String
    public var evidence: [Evidence]
    /// Findings of one rule with equal subjects become one, with the evidence of all; the exchange's number where empty.
    public var subject: String

    public init(
        rule: String, severity: Severity, party: Party, title: String, detail: String = "", advice: String,
        evidence: [Evidence], subject: String = ""
    ) {
        self.rule = rule
        self.severity = severity
        self.party = party
        self.title = title
        self.detail = detail
        self.advice = advice
        self.evidence = evidence
        self.subject = subject
    }
}

/// Where the proof stands: a record of the tape, and the part of it.
public struct Evidence: Sendable, Hashable {
    public var seq: Int64
    /// Such as `request.authorization`, `response.status`, `response.body` or `connection.tls`.
    public var at: String

    public init(_ seq: Int64, _ at: String) {
        self.seq = seq
        self.at = at
    }
}
