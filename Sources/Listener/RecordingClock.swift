import Glibc
public import TapeModel

/// The one place that asks what time it is, for everything that a listener sees.
///
/// Wall time is read once, and from there on the clock that never steps is added, so that durations on a tape
/// survive a corrected system clock. CLOCK_BOOTTIME and not CLOCK_MONOTONIC: a laptop that slept has also aged.
public struct RecordingClock: Sendable {
    private let wallAtStart: Int64
    private let steadyAtStart: Int64

    public init() {
        wallAtStart = Self.microseconds(of: CLOCK_REALTIME)
        steadyAtStart = Self.microseconds(of: CLOCK_BOOTTIME)
    }

    public func now() -> Instant {
        Instant(microseconds: wallAtStart &+ Self.microseconds(of: CLOCK_BOOTTIME) &- steadyAtStart)
    }

    private static func microseconds(of clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) &* 1_000_000 &+ Int64(time.tv_nsec) / 1_000
    }
}
