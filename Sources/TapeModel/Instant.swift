/// A point in time, in whole microseconds since 1970-01-01T00:00:00Z.
///
/// Pure code never asks what time it is: every instant arrives as an argument, so that a tape of last year and a
/// connection of this second are decoded by the same lines.
public struct Instant: Sendable, Hashable, Comparable {
    public let microseconds: Int64

    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    public static func < (lhs: Instant, rhs: Instant) -> Bool {
        lhs.microseconds < rhs.microseconds
    }

    /// The microseconds from `earlier` to this instant; zero where the clock went backwards, because a tape never
    /// claims a negative duration.
    public func microseconds(since earlier: Instant) -> Int64 {
        let (difference, overflow) = microseconds.subtractingReportingOverflow(earlier.microseconds)
        return overflow ? 0 : max(0, difference)
    }
}
