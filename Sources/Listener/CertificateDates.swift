import Foundation
import TapeModel

/// swift-certificates speaks of Foundation's dates; nothing else here does.
extension Date {
    init(instant: Instant, offset seconds: Int64 = 0) {
        self.init(timeIntervalSince1970: Double(instant.microseconds) / 1_000_000 + Double(seconds))
    }

    var instant: Instant {
        Instant(microseconds: Int64(exactly: (timeIntervalSince1970 * 1_000_000).rounded()) ?? 0)
    }
}

extension Instant {
    /// The day in UTC, for sentences about certificates.
    var dayText: String {
        // Certificates live in years 1950 to 9999 (RFC 5280 §4.1.2.5); the civil calendar in closed form.
        let days = microseconds / 86_400_000_000 + 719_468
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func padded(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)-\(padded(month))-\(padded(day))"
    }
}
