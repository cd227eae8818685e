/// The octets told last, of all streams together, to compare repeated segments with.
///
/// One ring for all of them, so that memory does not depend on how many flows there are; what one stream told is
/// found from its newest record backward. What has fallen out of the ring is not compared any more; a receiver has
/// long acknowledged it by then, and takes no other version.
struct OctetHistory: Sendable {
    private struct Record: Sendable {
        let start: Int64
        let count: Int
        /// Octets that had ever been written before it.
        let position: Int64
        /// The record before it of the same stream.
        let before: Int64
    }

    /// No record.
    static let none: Int64 = -1
    private static let records = 16_384
    /// Records looked at for one repeated segment, so that a crowd of tiny ones cannot make every look long.
    private static let longestWalk = 1_024

    private let capacity: Int
    private var ring: [UInt8] = []
    private var entries: [Record] = []
    private var written: Int64 = 0
    private var count: Int64 = 0

    init(capacity: Int) { self.capacity = max(0, capacity) }

    /// Keeps octets at the end of a stream, and gives the number of their record.
    mutating func keep(_ octets: Span<UInt8>, start: Int64, before: Int64) -> Int64 {
        guard capacity > 0, octets.count <= capacity else { return before }
        if ring.isEmpty { ring = Array(repeating: 0, count: capacity) }
        let place = Int(written % Int64(capacity))
        let firstPart = min(octets.count, capacity - place)
        octets.withUnsafeBytes { source in
            ring.withUnsafeMutableBytes { target in
                target[place..<place + firstPart].copyBytes(from: source[..<firstPart])
                target[0..<source.count - firstPart].copyBytes(from: source[firstPart...])
            }
        }
        let record = Record(start: start, count: octets.count, position: written, before: before)
        written += Int64(octets.count)
        let index = Int(count % Int64(Self.records))
        if index < entries.count { entries[index] = record } else { entries.append(record) }
        defer { count += 1 }
        return count
    }

    /// Compares octets that came again with what is kept of the stream whose newest record is `newest`.
    func compare(
        _ octets: Span<UInt8>, start: Int64, newest: Int64, into conflict: inout OverlapConflict?
    ) {
        let end = start + Int64(octets.count)
        var number = newest
        for _ in 0..<Self.longestWalk {
            guard number >= 0, number < count, count - number <= Int64(entries.count) else { return }
            let record = entries[Int(number % Int64(Self.records))]
            guard written - record.position <= Int64(capacity), record.start + Int64(record.count) > start else {
                return
            }
            if record.start < end { compare(record, octets, start, &conflict) }
            number = record.before
        }
    }

    private func compare(
        _ record: Record, _ octets: Span<UInt8>, _ start: Int64, _ conflict: inout OverlapConflict?
    ) {
        let place = Int(record.position % Int64(capacity))
        let firstPart = min(record.count, capacity - place)
        OverlapConflict.compare(
            first: ring.span.extracting(place..<place + firstPart), record.start, second: octets, start,
            into: &conflict)
        guard firstPart < record.count else { return }
        OverlapConflict.compare(
            first: ring.span.extracting(0..<record.count - firstPart), record.start + Int64(firstPart),
            second: octets, start, into: &conflict)
    }
}
