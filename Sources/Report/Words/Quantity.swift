import TapeModel

/// Figures for people: at most three digits that matter, and the unit.
enum Quantity {
    /// `88.1 MB`, in powers of ten as registries and networks count.
    static func bytes(_ count: Int64) -> String {
        scaled(Double(max(0, count)), ["B", "kB", "MB", "GB", "TB", "PB"])
    }

    /// Octets a second.
    static func rate(_ octets: Double) -> String {
        guard octets.isFinite, octets >= 0 else { return "" }
        return scaled(octets, ["B/s", "kB/s", "MB/s", "GB/s", "TB/s", "PB/s"])
    }

    /// Microseconds as `80 µs`, `4.1 ms`, `120 ms`, `4.2 s`, `3 min 5 s` or `2 h 10 min`.
    static func duration(_ microseconds: Int64) -> String {
        let value = max(0, microseconds)
        switch value {
        case ..<1_000: return "\(value) µs"
        case ..<999_500: return "\(short(Double(value) / 1_000)) ms"
        case ..<59_500_000: return "\(short(Double(value) / 1_000_000)) s"
        default: return seconds((value + 500_000) / 1_000_000)
        }
    }

    /// Whole seconds, as lives of tokens are told.
    static func seconds(_ seconds: Int64) -> String {
        let value = max(0, seconds)
        func pair(_ large: Int64, _ largeUnit: String, _ small: Int64, _ smallUnit: String) -> String {
            small == 0 ? "\(large) \(largeUnit)" : "\(large) \(largeUnit) \(small) \(smallUnit)"
        }
        switch value {
        case ..<60: return "\(value) s"
        case ..<3_600: return pair(value / 60, "min", value % 60, "s")
        case ..<86_400: return pair(value / 3_600, "h", value % 3_600 / 60, "min")
        default: return pair(value / 86_400, "d", value % 86_400 / 3_600, "h")
        }
    }

    /// `1 layer`, `6 layers`, `2 bodies`.
    static func count(_ number: Int, _ noun: String) -> String {
        if number == 1 { return "1 \(noun)" }
        return noun.hasSuffix("y") ? "\(number) \(noun.dropLast())ies" : "\(number) \(noun)s"
    }

    /// `2026-11-23 10:07:15 UTC`.
    static func time(_ instant: Instant) -> String { "\(timeOfDay(instant)) UTC" }

    /// `2026-11-23 10:07:15`, where the zone stands elsewhere.
    static func timeOfDay(_ instant: Instant) -> String {
        let stamp = instant.timestamp
        return "\(stamp.prefix(10)) \(stamp.dropFirst(11).prefix(8))"
    }

    private static func scaled(_ number: Double, _ units: [String]) -> String {
        var value = number
        var unit = 0
        // 999.95 would be shown as 1000.0.
        while value >= (unit == 0 ? 1_000 : 999.95), unit < units.count - 1 {
            value /= 1_000
            unit += 1
        }
        if unit == 0 { return "\(Int64(value)) \(units[0])" }
        return "\(tenths(value)) \(units[unit])"
    }

    private static func short(_ value: Double) -> String {
        value < 99.95 ? tenths(value) : "\(Int64(value.rounded()))"
    }

    private static func tenths(_ value: Double) -> String {
        let tenths = Int64((min(value, 1e15) * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
