public import Registry
import TapeModel

/// Runs the catalogue of rules over a decoded trace and gives its findings, the weightiest first.
///
/// Each exchange is judged when 256 later ones are known, and let go when 256 more were judged: a trace of any length is
/// judged in flat memory, and the findings are those of the trace and not of the order in which rules run.
public struct DiagnosisEngine: Sendable {
    private let rules: [AskedRule]
    private var buffer = TraceBuffer()
    private var ledger = FindingLedger()

    /// An engine with these rules; `marksExchanges` has it remember which of them cite which exchange.
    public init(rules: [any Rule.Type] = RuleCatalogue.ruleTypes, marksExchanges: Bool = false) {
        self.rules = rules.map(AskedRule.init)
        if marksExchanges { ledger.marks = ExchangeMarks() }
    }

    /// The names of the rules whose findings cite a record of the tape, in the order in which they were found.
    ///
    /// Whole after `finish`; empty where the engine was not asked to remember.
    public func rules(citing seq: Int64) -> [String] { ledger.marks?[seq] ?? [] }

    /// Takes the next event of the trace.
    public mutating func handle(_ event: TraceDecoder.Event) {
        switch event {
        case .exchange(let exchange): buffer.append(exchange)
        case .connection(let connection): buffer.append(connection)
        // Those are counted by the summary.
        case .anomaly, .gap: return
        }
        judgeDue()
    }

    /// The trace is over: what is left in the window is judged, and findings are merged and put in order.
    public mutating func finish(_ summary: TraceSummary) -> [Finding] {
        buffer.finish()
        judgeDue()
        ledger.settleAll()
        let window = buffer.windowAtEnd
        for rule in rules {
            for finding in rule.type.check(summary, in: window) { ledger.add(finding, of: rule, about: nil) }
        }
        return ledger.findings()
    }

    private mutating func judgeDue() {
        while let due = buffer.takeDue() {
            switch due {
            case .exchange(let box, let key, let window): judge(box.exchange, key, window)
            case .connection(let connection, let window): judge(connection, window)
            }
        }
    }

    private mutating func judge(_ exchange: DecodedExchange, _ key: TraceKey, _ window: TraceWindow) {
        ledger.begin(ordinal: buffer.ordinal)
        if key.hasSucceeded || key.isRedirect { ledger.succeeded(key.identity, seq: key.seq) }
        if key.hasSucceeded { ledger.succeeded(RequestIdentity(reached: exchange.url), seq: key.seq) }
        let subject = FindingLedger.Subject(
            seq: key.seq, failedConnection: failedConnection(of: exchange, window),
            failedRequest: key.hasFailed ? key.identity : nil)
        for rule in rules where !rule.interest.isDisjoint(with: key.interest) {
            guard let finding = rule.type.check(exchange, in: window) else { continue }
            ledger.add(finding, of: rule, about: subject)
        }
    }

    private func failedConnection(of exchange: DecodedExchange, _ window: TraceWindow) -> Int64? {
        guard exchange.exchange.error != nil || exchange.answerer == .recorder,
            let connection = window.connection(of: exchange), connection.connection.failure != nil
        else { return nil }
        return connection.seq
    }

    private mutating func judge(_ connection: DecodedConnection, _ window: TraceWindow) {
        ledger.begin(ordinal: buffer.ordinal)
        let hasFailed = connection.connection.failure != nil
        for rule in rules {
            guard let finding = rule.type.check(connection, in: window) else { continue }
            ledger.add(
                finding, of: rule,
                about: FindingLedger.Subject(
                    seq: connection.seq,
                    failedRequest: hasFailed ? RequestIdentity(reached: connection.connection.authority) : nil))
        }
    }
}

/// A rule with what the engine asks of it each time, at hand.
struct AskedRule: Sendable {
    /// Whom a finding silences: those of a higher rank about the same exchange.
    enum Rank: Int, Sendable, Comparable {
        case specific
        case generic
        case lastResort

        static func < (lhs: Rank, rhs: Rank) -> Bool { lhs.rawValue < rhs.rawValue }
    }

    let type: any Rule.Type
    let interest: Interest
    let rank: Rank

    init(_ type: any Rule.Type) {
        self.type = type
        interest = type.interest
        rank = type.isLastResort ? .lastResort : type.isGeneric ? .generic : .specific
    }
}
