import Glibc
import Report

/// How far a file has been read, or written, on standard error, for a person who waits longer than a second.
///
/// Silent where standard error is no terminal: a log is not read while it is written.
struct Progress {
    private let verb: String
    private let name: String
    private let octets: Int64
    private let isShown: Bool
    private let callsPerLook: Int
    private let begun: timespec
    private var calls = 0
    /// What was shown last: percent, or tens of megabytes where nobody knows how much will come.
    private var shown: Int64 = -1

    /// `octets` is the whole length, zero for what comes through a pipe.
    ///
    /// The clock is asked once for `callsPerLook` calls: as many as take a millisecond or so together.
    init(_ verb: String = "reading", of name: String, octets: Int64, callsPerLook: Int = 256) {
        self.verb = verb
        self.name = name
        self.octets = octets
        isShown = isatty(STDERR_FILENO) == 1
        self.callsPerLook = max(1, callsPerLook)
        begun = Self.now()
    }

    mutating func advance(to offset: Int64) {
        guard isShown else { return }
        calls += 1
        guard calls.isMultiple(of: callsPerLook), Self.now().tv_sec - begun.tv_sec >= 1 else { return }
        let reached = octets > 0 ? Int64(min(100, Double(offset) * 100 / Double(octets))) : offset / 10_000_000
        guard reached > shown else { return }
        shown = reached
        let text = octets > 0 ? "\(reached) %" : ByteCount.text(offset)
        Terminal.write("\r\u{1B}[Kregtape: \(verb) \(InertText.of(name)): \(text)", to: STDERR_FILENO)
    }

    /// Takes the line away; what is said next begins where it stood.
    mutating func clear() {
        guard shown >= 0 else { return }
        shown = -1
        Terminal.write("\r\u{1B}[K", to: STDERR_FILENO)
    }

    private static func now() -> timespec {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time
    }
}
