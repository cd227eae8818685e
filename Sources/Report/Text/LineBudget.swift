public import TapeModel

/// How many lines a busy recording says: more than any client makes, and few enough to cost the recording little.
///
/// A client that pulls makes some tens of exchanges a second. Where thousands pass, nobody reads them as they fly by, and
/// to find out what each means would take longer than to record it. What went wrong is always said. A value without a
/// clock: time is that of the exchanges.
public struct LineBudget: Sendable {
    public struct Decision: Sendable, Hashable {
        /// Whether this line is said.
        public var isShown: Bool
        /// Lines of the time before that were left out, to be told of first.
        public var leftOut: Int

        public init(isShown: Bool, leftOut: Int) {
            self.isShown = isShown
            self.leftOut = leftOut
        }
    }

    private let mostPerSecond: Int
    private var second = Int64.min
    private var shown = 0
    private var leftOut = 0

    public init(mostPerSecond: Int = 1_000) {
        self.mostPerSecond = mostPerSecond
    }

    /// Decides about one line; `isNeeded` says that it must not be left out, and it counts like any other.
    public mutating func decide(at now: Instant, isNeeded: Bool) -> Decision {
        var decision = Decision(isShown: true, leftOut: 0)
        let (second, _) = now.microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        // Exchanges end in no strict order; one that is told late belongs to the second that runs.
        if second > self.second {
            decision.leftOut = finish()
            self.second = second
            shown = 0
        }
        guard isNeeded || shown < mostPerSecond else {
            leftOut += 1
            decision.isShown = false
            return decision
        }
        shown += 1
        return decision
    }

    /// The lines that were left out and not told of yet.
    public mutating func finish() -> Int {
        defer { leftOut = 0 }
        return leftOut
    }
}
