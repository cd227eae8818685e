extension Instant {
    /// Reads an HTTP-date in any of its three forms (RFC 9110 §5.6.7); nothing where it is none.
    public init?(httpDate text: String) {
        let words = Array(text.utf8.prefix(64)).split { $0 == 0x20 || $0 == 0x2C || $0 == 0x2D }
        let day: ArraySlice<UInt8>
        let month: ArraySlice<UInt8>
        let year: ArraySlice<UInt8>
        let time: ArraySlice<UInt8>
        switch words.count {
        case 6...7:  // Sun, 06 Nov 1994 08:49:37 GMT, or with dashes and two digits of the year.
            (day, month, year, time) = (words[1], words[2], words[3], words[4])
        case 5:  // Sun Nov  6 08:49:37 1994
            (day, month, year, time) = (words[2], words[1], words[4], words[3])
        default: return nil
        }
        guard let number = Self.months.firstIndex(where: { $0.elementsEqual(month) }),
            let dayNumber = UInt8(String(decoding: day, as: UTF8.self)), (1...31).contains(dayNumber),
            let yearNumber = UInt16(String(decoding: year, as: UTF8.self)), yearNumber <= 9_999, time.count == 8
        else { return nil }
        // Two digits mean the century that is nearest (RFC 9110 §5.6.7); no registry is older than 2013.
        let fullYear = year.count == 2 ? 2_000 + Int(yearNumber) : Int(yearNumber)
        self.init(
            timestamp: Self.padded(fullYear, 4) + "-" + Self.padded(number + 1, 2) + "-"
                + Self.padded(Int(dayNumber), 2) + "T" + String(decoding: time, as: UTF8.self) + "Z")
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ].map { Array($0.utf8) }
}
