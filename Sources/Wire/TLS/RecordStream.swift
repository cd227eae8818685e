import TapeModel

/// The five octets before a record (RFC 8446 §5.1).
struct RecordHeader {
    /// 2^14 and what TLS 1.2 allows on top of it (RFC 5246 §6.2.3).
    static let longestBody = 16_384 + 2_048

    let type: UInt8
    let length: Int
    /// Behind the major version, which is always 3.
    let minorVersion: UInt8

    /// As it stood on the wire, for sums over it.
    var octets: [UInt8] {
        [type, 3, minorVersion, UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length)]
    }

    init?(_ octets: ArraySlice<UInt8>) {
        guard octets.count >= 5 else { return nil }
        let start = octets.startIndex
        let length = Int(octets[start + 3]) << 8 | Int(octets[start + 4])
        guard (20...24).contains(octets[start]), octets[start + 1] == 3, length <= Self.longestBody else { return nil }
        type = octets[start]
        minorVersion = octets[start + 2]
        self.length = length
    }
}

/// One direction's octets that wait to be read as records, with when each came.
struct RecordStream {
    private struct Mark {
        /// Where the segment ends, counted from the first octet of the stream.
        var end: Int
        var at: Instant
        var order: Int
    }

    enum Next {
        case incomplete
        case notARecord
        case record(RecordHeader)
    }

    private var octets: [UInt8] = []
    private var start = 0
    private var dropped = 0
    private var marks: [Mark] = []
    private var firstMark = 0

    /// Octets that have not been read.
    var count: Int { octets.count - start }
    /// Memory taken, about: a crowd of tiny segments costs more than their octets.
    var cost: Int { count + (marks.count - firstMark) * MemoryLayout<Mark>.stride }

    mutating func append(_ more: Span<UInt8>, at: Instant, order: Int) {
        if start > 0, start == octets.count || start >= 65_536 {
            octets.removeFirst(start)
            dropped += start
            start = 0
        }
        more.withUnsafeBufferPointer { octets.append(contentsOf: $0) }
        marks.append(Mark(end: dropped + octets.count, at: at, order: order))
    }

    func next() -> Next {
        guard count >= 5 else { return .incomplete }
        guard let header = RecordHeader(octets[start..<start + 5]) else { return .notARecord }
        return count >= 5 + header.length ? .record(header) : .incomplete
    }

    func body(_ header: RecordHeader) -> ArraySlice<UInt8> {
        octets[min(octets.count, start + 5)..<min(octets.count, start + 5 + header.length)]
    }

    /// When, and as which segment of the connection, the octet before `length` came.
    func arrival(_ length: Int) -> (at: Instant, order: Int) {
        let place = dropped + start + length
        var (low, high) = (firstMark, marks.count)
        while low < high {
            let middle = (low + high) / 2
            if marks[middle].end < place { low = middle + 1 } else { high = middle }
        }
        let mark = low < marks.count ? marks[low] : marks.last
        return mark.map { ($0.at, $0.order) } ?? (Instant(microseconds: 0), 0)
    }

    mutating func skip(_ length: Int) {
        start = min(octets.count, start + max(0, length))
        while firstMark < marks.count, marks[firstMark].end <= dropped + start { firstMark += 1 }
        if firstMark > 256 || firstMark == marks.count {
            marks.removeFirst(firstMark)
            firstMark = 0
        }
    }

    mutating func removeAll() { skip(count) }
}
