import TapeModel

/// Times that peers state in seconds, which may be any number: what lies beyond the end of time is its end.
extension Instant {
    init(seconds: Int64) {
        let (value, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        self.init(microseconds: overflow ? (seconds < 0 ? .min : .max) : value)
    }

    func adding(seconds: Int64) -> Instant {
        let span = Instant(seconds: seconds).microseconds
        let (value, overflow) = microseconds.addingReportingOverflow(span)
        return Instant(microseconds: overflow ? (span < 0 ? .min : .max) : value)
    }
}
