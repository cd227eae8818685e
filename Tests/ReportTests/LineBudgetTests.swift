import Report
import TapeModel
import Testing

/// What a busy recording leaves out of its lines, and what it never does.
struct LineBudgetTests {
    private var budget = LineBudget(mostPerSecond: 2)

    private mutating func decide(_ milliseconds: Int64, isNeeded: Bool = false) -> LineBudget.Decision {
        budget.decide(at: Instant(microseconds: milliseconds * 1_000), isNeeded: isNeeded)
    }

    @Test mutating func `lines beyond the budget of a second are left out and told of in the next`() {
        #expect(decide(1_000) == .init(isShown: true, leftOut: 0))
        #expect(decide(1_400) == .init(isShown: true, leftOut: 0))
        #expect(decide(1_500) == .init(isShown: false, leftOut: 0))
        #expect(decide(1_999) == .init(isShown: false, leftOut: 0))
        #expect(decide(2_000) == .init(isShown: true, leftOut: 2))
        #expect(decide(2_001) == .init(isShown: true, leftOut: 0))
    }

    @Test mutating func `a line that is needed is shown whatever was shown before`() {
        for _ in 0..<5 { _ = decide(1_000) }
        #expect(decide(1_001, isNeeded: true) == .init(isShown: true, leftOut: 0))
        #expect(decide(1_002) == .init(isShown: false, leftOut: 0))
        #expect(budget.finish() == 4)
        #expect(budget.finish() == 0)
    }

    @Test mutating func `an exchange that is told late does not open a new second`() {
        _ = decide(5_000)
        _ = decide(5_000)
        #expect(decide(3_000) == .init(isShown: false, leftOut: 0))
        #expect(decide(5_100) == .init(isShown: false, leftOut: 0))
    }
}
