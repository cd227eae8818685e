/// Finds the empty line that ends a head or trailer section, and holds the section only where a read cut it.
struct SectionCollector: Sendable {
    enum Outcome {
        /// The section, its empty line included, ends before this place of the bytes.
        case complete(end: Int)
        case incomplete
        case tooLong
    }

    /// The octets of earlier reads.
    private(set) var held: [UInt8] = []
    /// Octets of the line in progress, in this read and earlier ones.
    private var lineLength = 0
    let limit: Int

    /// `limit` bounds a section, its empty line included.
    init(limit: Int) { self.limit = limit }

    var isEmpty: Bool { held.isEmpty }

    /// Looks for the end of the section that goes on at `start`.
    ///
    /// Holds nothing yet, so that a section that lies in one read is never copied.
    mutating func find(in bytes: Span<UInt8>, from start: Int) -> Outcome {
        let allowed = limit - held.count
        var line = start
        while let feed = Octets.firstLineFeed(in: bytes, from: line) {
            lineLength += feed - line
            let end = feed + 1
            guard end - start <= allowed else { return .tooLong }
            let isEmptyLine =
                lineLength == 0 || (lineLength == 1 && previous(to: feed, bytes, start) == Octets.carriageReturn)
            lineLength = 0
            if isEmptyLine { return .complete(end: end) }
            line = end
        }
        lineLength += bytes.count - line
        return bytes.count - start > allowed ? .tooLong : .incomplete
    }

    /// Holds the octets of `range`, but no more than one above the limit.
    mutating func hold(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        bytes.extracting(range.prefix(limit + 1 - held.count)).withUnsafeBufferPointer { held.append(contentsOf: $0) }
    }

    mutating func reset() {
        // Heads are small; a long one is not kept as capacity for the life of the connection.
        held.removeAll(keepingCapacity: held.capacity <= 16 * 1024)
        lineLength = 0
    }

    private func previous(to index: Int, _ bytes: Span<UInt8>, _ start: Int) -> UInt8? {
        index > start ? bytes[index - 1] : held.last
    }
}
