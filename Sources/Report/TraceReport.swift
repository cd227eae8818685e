public import Diagnosis
public import Registry

/// Everything that a report of one trace says, before it takes a form.
///
/// The one input of every renderer. Strings may be a stranger's: each renderer makes them inert for its own reader.
public struct TraceReport: Sendable {
    /// What was read, as the user named it.
    public var source: String
    public var verdict: Verdict
    /// In the order in which they matter.
    public var findings: [Finding]
    public var summary: TraceSummary
    public var notes: TraceNotes
    /// Of the rules that reported, and of as many more as the caller likes.
    public var rules: [RuleDescription]
    /// Version of what wrote the report.
    public var toolVersion: String

    public init(
        source: String, findings: [Finding], summary: TraceSummary, notes: TraceNotes = TraceNotes(),
        rules: [RuleDescription] = [], toolVersion: String
    ) {
        self.source = source
        self.verdict = Verdict(findings: findings, summary: summary)
        self.findings = findings
        self.summary = summary
        self.notes = notes
        self.rules = rules
        self.toolVersion = toolVersion
    }

    /// Whether a finding is at least as bad as `severity`.
    public func hasFinding(atLeast severity: Severity) -> Bool {
        findings.contains { $0.severity >= severity }
    }
}

/// What the reader of a report must know about what was read.
public struct TraceNotes: Sendable, Hashable {
    /// Lines that were no records, and were passed over.
    public var damagedLines = 0
    /// Lines that were changed since they were written.
    public var editedLines = 0
    /// The tape ends within a line.
    public var isTailCut = false
    /// The recording was stopped in order; false for one that was cut off or still runs.
    public var isEnded = true
    /// `standard`, `none`, …; empty where the trace does not say.
    public var redactionPolicy = ""
    /// Body files that a meaning depends on and that could not be read.
    public var missingBodies = 0
    /// Record `n` is line `n` of the tape, so that evidence can be pointed at by line.
    public var hasLineNumbers = false
    /// Further sentences, such as what an import lost.
    public var remarks: [String] = []

    public init() {}

    /// One sentence for each thing that is not as it should be.
    public var sentences: [String] {
        var lines: [String] = []
        if damagedLines > 0 { lines.append("\(Quantity.count(damagedLines, "damaged line")) passed over.") }
        if editedLines > 0 {
            lines.append("\(Quantity.count(editedLines, "line")) changed since the recording was made.")
        }
        if isTailCut {
            lines.append("The tape ends within a line: it was cut off there, or is still being written.")
        } else if !isEnded {
            lines.append("The recording was not stopped in order; what came last may be missing.")
        }
        if missingBodies > 0 { lines.append("\(Quantity.count(missingBodies, "stored body")) could not be read.") }
        if redactionPolicy == "none" {
            lines.append("This trace holds passwords, tokens and signatures in the clear: treat it as a secret.")
        }
        return lines + remarks
    }
}

/// What a report says about a rule.
public struct RuleDescription: Sendable, Hashable {
    /// In kebab case.
    public var name: String
    public var severity: Severity
    /// Its page, in Markdown: one sentence, then sections.
    public var page: String

    public init(name: String, severity: Severity, page: String) {
        self.name = name
        self.severity = severity
        self.page = page
    }

    /// The page's first sentence.
    public var summary: String {
        let first = page.split(separator: "\n\n", maxSplits: 1).first.map(String.init) ?? ""
        return first.isEmpty ? name : first.split(separator: "\n").joined(separator: " ")
    }
}
