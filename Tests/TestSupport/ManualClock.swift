public import TapeModel

/// A clock that stands still until a test moves it, for machines that are told the time.
public struct ManualClock: Sendable {
    public private(set) var now: Instant

    /// Starts at 2026-01-01T00:00:00Z unless told otherwise.
    public init(_ now: Instant = Instant(microseconds: 1_767_225_600_000_000)) {
        self.now = now
    }

    /// Moves on by some microseconds and returns the new time.
    @discardableResult
    public mutating func advance(by microseconds: Int64) -> Instant {
        now = Instant(microseconds: now.microseconds &+ microseconds)
        return now
    }
}
