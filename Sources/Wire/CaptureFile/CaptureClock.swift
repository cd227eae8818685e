import TapeModel

/// What the timestamps of one interface count: if_tsresol and if_tsoffset (draft-ietf-opsawg-pcapng §4.2).
struct CaptureClock: Sendable, Hashable {
    /// The last microsecond of the year 9999: what no clock shows is held there, so that nobody's sums overflow.
    private static let last: Int64 = 253_402_300_799_999_999

    /// As in the file: a power of ten, or of two where the highest bit is set.
    var resolution: UInt8 = 6
    /// Seconds to add.
    var offset: Int64 = 0

    func instant(_ ticks: UInt64) -> Instant {
        let (shift, shiftLost) = offset.multipliedReportingOverflow(by: 1_000_000)
        let (sum, sumLost) = Int64(clamping: microseconds(ticks)).addingReportingOverflow(shift)
        if shiftLost || sumLost { return Instant(microseconds: offset < 0 ? 0 : Self.last) }
        return Instant(microseconds: min(max(0, sum), Self.last))
    }

    private func microseconds(_ ticks: UInt64) -> UInt64 {
        let exponent = Int(resolution & 0x7f)
        if resolution & 0x80 != 0 {
            let product = ticks.multipliedFullWidth(by: 1_000_000)
            guard exponent < 64 else { return product.high >> (exponent - 64) }
            guard product.high >> exponent == 0 else { return .max }
            // Shifts by 64 give zero, which is right where the exponent is zero.
            return product.high << (64 - exponent) | product.low >> exponent
        }
        // Nineteen digits are all that 64 bits hold.
        guard exponent <= 6 + 19 else { return 0 }
        var factor: UInt64 = 1
        for _ in 0..<abs(exponent - 6) { factor *= 10 }
        if exponent >= 6 { return ticks / factor }
        let (product, overflow) = ticks.multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}
