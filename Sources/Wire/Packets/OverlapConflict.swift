import TapeModel

/// Two versions of the same octets of a stream.
///
/// Which of them the receiver took is not to be known from outside: systems differ in it, and a segment may have been
/// made to be seen by the witness alone (RELIABILITY I7). The version that came first is the one that is told as the
/// stream; both are told in the anomaly.
struct OverlapConflict {
    /// Offset in the stream of the first octet that differs.
    let start: Int64
    let first: [UInt8]
    let second: [UInt8]

    /// Longest piece of each version that is kept here; the limit for what is told may be lower.
    private static let longest = 4_096

    /// Compares where both have octets, and keeps the first difference, unless there is one already.
    static func compare(
        first: Span<UInt8>, _ firstStart: Int64, second: Span<UInt8>, _ secondStart: Int64,
        into conflict: inout OverlapConflict?
    ) {
        let start = max(firstStart, secondStart)
        let end = min(firstStart + Int64(first.count), secondStart + Int64(second.count))
        guard conflict == nil, start < end else { return }
        let count = Int(end - start)
        let (a, b) = (Int(start - firstStart), Int(start - secondStart))
        guard let difference = firstDifference(first.extracting(a..<a + count), second.extracting(b..<b + count))
        else { return }
        let kept = min(count, difference + longest)
        conflict = OverlapConflict(
            start: start + Int64(difference), first: Octets.copy(first, a + difference..<a + kept),
            second: Octets.copy(second, b + difference..<b + kept))
    }

    /// Both spans have the same length.
    private static func firstDifference(_ first: Span<UInt8>, _ second: Span<UInt8>) -> Int? {
        first.withUnsafeBytes { a in
            second.withUnsafeBytes { b in
                let count = min(a.count, b.count)
                var index = 0
                while count - index >= 8 {
                    let one = a.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                    guard one == b.loadUnaligned(fromByteOffset: index, as: UInt64.self) else { break }
                    index += 8
                }
                while index < count {
                    if a[index] != b[index] { return index }
                    index += 1
                }
                return nil
            }
        }
    }

    func anomaly(_ side: Side, at now: Instant, limit: Int) -> FlowAnomaly {
        let count = min(limit, first.count, second.count)
        return FlowAnomaly(
            side: side, seen: now, code: "ambiguous-overlap",
            detail: """
                Octets from \(start) on came twice, and not alike; the first version is taken. Kept are \(count) octets \
                of the first and then as many of the second.
                """,
            raw: Array(first.prefix(count)) + second.prefix(count))
    }
}
