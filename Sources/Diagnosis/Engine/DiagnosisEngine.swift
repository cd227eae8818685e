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

    public init(rules: [any Rule.Type] = RuleCatalogue.ruleTypes) {
        self.rules = rules.map(AskedRule.init)
    }

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
            case .exchange(let exchange, let key, let window): judge(exchange, key, window)
            case .connection(let connection, let window): judge(connection, window)
            }
        }
    }

    private mutating func judge(_ exchange: DecodedExchange, _ key: TraceKey, _ window: TraceWindow) {
        ledger.begin(ordinal: buffer.ordinal)
        if key.hasSucceeded || key.isRedirect { ledger.succeeded(key.identity, seq: key.seq) }
        if key.hasSucceeded { ledger.succeeded(RequestIdentity(reached: exchange.url), seq: key.seq) }
        for rule in rules where !rule.interest.isDisjoint(with: key.interest) {
            guard let finding = rule.type.check(exchange, in: window) else { continue }
            ledger.add(
                finding, of: rule,
                about: FindingLedger.Subject(seq: key.seq, failedRequest: key.hasFailed ? key.identity : nil))
        }
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
