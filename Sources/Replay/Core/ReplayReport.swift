/// How a run went: what was asked and answered, and what the tape holds that nobody asked for.
public struct ReplayReport: Sendable, Hashable {
    public struct Unused: Sendable, Hashable {
        public var seq: Int64
        public var method: String
        public var url: String
    }

    /// Requests answered by a recorded exchange.
    public var matched: Int
    /// Requests answered by what the tape's content implies, or by a recorded host's challenge.
    public var implied: Int
    /// Requests answered by the state of this run.
    public var live: Int
    /// Requests answered by a fault.
    public var faults: Int
    public var missed: Int
    /// Recorded exchanges that were not used; pushes that were replayed count as used.
    public var unused = 0
    /// The first of them, by their place on the tape.
    public var unusedExchanges: [Unused] = []
    /// The last misses.
    public var misses: [NearMiss]

    static let mostListed = 1_000

    init(_ tally: ReplayTally) {
        matched = tally.matched
        implied = tally.implied
        live = tally.live
        faults = tally.faults
        missed = tally.missed
        misses = tally.misses
    }
}

/// Counts while a run goes on.
struct ReplayTally: Sendable {
    var matched = 0
    var implied = 0
    var live = 0
    var faults = 0
    var missed = 0
    var misses: [NearMiss] = []

    mutating func count(_ origin: ReplayAnswer.Origin) {
        switch origin {
        case .recorded: matched += 1
        case .implied, .challenge: implied += 1
        case .live: live += 1
        case .fault: faults += 1
        case .miss(let miss):
            missed += 1
            if misses.count >= Self.mostKept { misses.removeFirst() }
            misses.append(miss)
        }
    }

    private static let mostKept = 200
}
