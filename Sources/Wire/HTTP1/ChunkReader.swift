/// Reads the chunk lines of a chunked body (RFC 9112 §7.1), up to the trailer section.
///
/// Content passes by as ranges; of the lines between, only one that a read cut is held. Nothing here is lenient but
/// blanks behind a size: an LF alone or an odd digit is where implementations are known to part.
struct ChunkReader: Sendable {
    enum Step {
        case content(Range<Int>)
        case lastChunk
        case incomplete
    }

    private enum State: Sendable, Hashable {
        case line
        case content(remaining: Int64)
        case end
    }

    /// Extensions are unheard of in practice; what is longer costs a server more than it carries (CVE-2024-22019).
    private static let longestLine = 4 * 1024

    private var state = State.line
    private var held: [UInt8] = []
    /// Octets of chunk lines so far, for their proportion to the content.
    private var overhead: Int64 = 0
    private var content: Int64 = 0
    private var oddities: [Oddity] = []

    mutating func read(
        _ bytes: Span<UInt8>, _ index: inout Int, _ strictness: Strictness
    ) throws(MessageRefusal) -> Step {
        while index < bytes.count {
            switch state {
            case .line:
                guard try readLine(bytes, &index, strictness) else { continue }
                return .lastChunk
            case .content(let remaining):
                let available = bytes.count - index
                let count = remaining < Int64(available) ? Int(remaining) : available
                let range = index..<index + count
                index += count
                content = content.addingReportingOverflow(Int64(count)).partialValue
                state = Int64(count) == remaining ? .end : .content(remaining: remaining - Int64(count))
                return .content(range)
            case .end:
                try readEnd(bytes, &index)
            }
        }
        return .incomplete
    }

    var hasOddities: Bool { !oddities.isEmpty }

    mutating func takeOddities() -> [Oddity] {
        defer { oddities = [] }
        return oddities
    }

    /// True when the line was that of the last chunk.
    private mutating func readLine(
        _ bytes: Span<UInt8>, _ index: inout Int, _ strictness: Strictness
    ) throws(MessageRefusal) -> Bool {
        let feed = Octets.firstLineFeed(in: bytes, from: index)
        let end = feed.map { $0 + 1 } ?? bytes.count
        let longest = Self.longestLine - held.count
        bytes.extracting(index..<min(end, index + longest + 1)).withUnsafeBufferPointer { held.append(contentsOf: $0) }
        index = end
        guard held.count <= Self.longestLine else {
            throw Self.refusal("A chunk line is longer than \(Self.longestLine) octets.", held)
        }
        guard feed != nil else { return false }
        defer { held.removeAll(keepingCapacity: true) }
        guard held.suffix(2) == [Octets.carriageReturn, Octets.lineFeed] else {
            throw Self.refusal("A chunk line does not end in CRLF.", held)
        }
        return try begin(held.dropLast(2), strictness)
    }

    private mutating func begin(_ line: ArraySlice<UInt8>, _ strictness: Strictness) throws(MessageRefusal) -> Bool {
        var digits = line.prefix { $0 != UInt8(ascii: ";") }
        let extensions = line.dropFirst(digits.count)
        if let last = digits.last, Octets.isBlank(last) {
            guard strictness == .witness else {
                throw Self.refusal("A chunk size is not a plain hexadecimal number.", Array(line))
            }
            while let last = digits.last, Octets.isBlank(last) { digits.removeLast() }
            oddities.append(Oddity("padded-chunk-size", "A chunk size has blanks behind it.", raw: Array(line)))
        }
        guard let size = Octets.hexadecimal(digits), extensions.allSatisfy(Octets.isFieldValue) else {
            throw Self.refusal("A chunk size is not a plain hexadecimal number.", Array(line))
        }
        overhead = overhead.addingReportingOverflow(Int64(line.count) + 4).partialValue
        // A body of one octet chunks with long extensions costs a server far more than it carries (CVE-2023-39326).
        let octets = content.addingReportingOverflow(size).partialValue
        if strictness == .refusing, overhead > 16 * 1024, overhead / 16 > octets {
            throw Self.refusal("The chunk lines are far longer than the content.", Array(line))
        }
        state = size == 0 ? .line : .content(remaining: size)
        return size == 0
    }

    private mutating func readEnd(_ bytes: Span<UInt8>, _ index: inout Int) throws(MessageRefusal) {
        held.append(bytes[index])
        index += 1
        switch held {
        case [Octets.carriageReturn]: return
        case [Octets.carriageReturn, Octets.lineFeed]:
            held.removeAll(keepingCapacity: true)
            state = .line
        default: throw Self.refusal("A chunk is longer than its size said.", held)
        }
    }

    private static func refusal(_ detail: String, _ raw: [UInt8]) -> MessageRefusal {
        MessageRefusal(code: "bad-chunk", detail: detail, raw: raw)
    }
}
