import Registry
public import TapeModel

/// What time it is in a replay.
public enum ReplayClock: Sendable, Hashable {
    /// The time that requests come at.
    case moving
    /// Always this, for runs that can be repeated.
    case fixed(Instant)

    func now(at real: Instant) -> Instant {
        switch self {
        case .moving: real
        case .fixed(let instant): instant
        }
    }
}

/// How far the times in one answer are moved: from when it was recorded to now.
struct TimeShift: Sendable, Hashable {
    let microseconds: Int64

    init(from recorded: Instant, to now: Instant) {
        let (difference, overflow) = now.microseconds.subtractingReportingOverflow(recorded.microseconds)
        // Whole seconds, because most of the formats have no more.
        microseconds = overflow ? 0 : difference / 1_000_000 * 1_000_000
    }

    var seconds: Int64 { microseconds / 1_000_000 }

    func moved(_ instant: Instant) -> Instant {
        Instant(microseconds: instant.microseconds.addingReportingOverflow(microseconds).partialValue)
    }

    /// An RFC 3339 time with the precision that it had.
    func moved(timestamp text: String) -> String? {
        guard let instant = Instant(timestamp: text) else { return nil }
        let moved = moved(instant).timestamp
        return text.utf8.contains(0x2E) ? moved : moved.prefix(19) + "Z"
    }

    /// An HTTP-date.
    func moved(httpDate text: String) -> String? {
        Instant(httpDate: text).map { moved($0).httpDate }
    }

    /// Seconds since 1970.
    func moved(epoch text: some StringProtocol) -> String? {
        guard text.utf8.count <= 12, let value = Int64(text), value > 0 else { return nil }
        return String(value.addingReportingOverflow(seconds).partialValue)
    }
}

extension Instant {
    /// This instant as an IMF-fixdate (RFC 9110 §5.6.7).
    var httpDate: String {
        let text = timestamp
        let digits = Array(text.utf8)
        func part(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
        let days = Instant(timestamp: text).map { $0.microseconds.floorDivided(by: 86_400_000_000) } ?? 0
        let weekday = Int((days % 7 + 11) % 7)
        let month = (Int(part(5..<7)) ?? 1) - 1
        return "\(Self.weekdays[weekday]), \(part(8..<10)) \(Self.months[month]) \(part(0..<4)) \(part(11..<19)) GMT"
    }

    /// From 1970-01-01, which was a Thursday.
    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}

extension Int64 {
    fileprivate func floorDivided(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
