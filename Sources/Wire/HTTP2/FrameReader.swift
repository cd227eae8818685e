import TapeModel

/// Cuts one direction of an HTTP/2 connection into frames (RFC 9113 §4).
///
/// DATA passes through as ranges; only frames that carry state are held, and those are small.
struct FrameReader: Sendable {
    enum Piece {
        /// A whole frame that carries state; its payload is in `payload`.
        case frame(FrameHeader)
        /// Content octets of a DATA frame, padding left out, as a range of the bytes just read.
        case data(stream: Int, Range<Int>)
        /// A DATA frame is over.
        case dataEnded(stream: Int, endStream: Bool)
    }

    struct Broken: Error {
        let code: String
        let detail: String
        var raw: [UInt8] = []
    }

    private enum State: Sendable {
        case header
        case payload(FrameHeader)
        case padLength(FrameHeader)
        case data(FrameHeader, content: Int, padding: Int)
        case skip(left: Int)
    }

    /// Frames that are held: header blocks are bounded on their own, settings and the rest are tiny.
    private static let longestHeldPayload = 256 * 1024

    private var state = State.header
    private var held: [UInt8] = []
    private var started = Instant(microseconds: 0)
    private var hasBegun: Bool
    /// The stream whose header block is not over: nothing but its CONTINUATION may come (RFC 9113 §6.10).
    private var unfinishedBlock: Int?

    /// Payload of the frame that was read last.
    private(set) var payload: [UInt8] = []

    /// `isJoined` where the frames before, settings among them, were not seen.
    init(isJoined: Bool) { hasBegun = isJoined }

    mutating func read(_ bytes: Span<UInt8>, _ index: inout Int, at now: Instant) throws(Broken) -> Piece? {
        while index < bytes.count || isDue {
            switch state {
            case .header:
                guard let header = try readHeader(bytes, &index, now) else { return nil }
                try begin(header)
            case .padLength(let header):
                let padding = Int(bytes[index])
                index += 1
                guard padding < header.length else {
                    throw Broken(code: "bad-padding", detail: "A DATA frame has more padding than payload.")
                }
                state = .data(header, content: header.length - 1 - padding, padding: padding)
            case .data(let header, 0, 0):
                state = .header
                return .dataEnded(stream: header.stream, endStream: header.has(.endStream))
            case .data(let header, let content, let padding):
                let available = bytes.count - index
                if content > 0 {
                    let range = index..<index + min(content, available)
                    index = range.upperBound
                    state = .data(header, content: content - range.count, padding: padding)
                    return .data(stream: header.stream, range)
                }
                let count = min(padding, available)
                index += count
                state = .data(header, content: 0, padding: padding - count)
            case .payload(let header):
                take(bytes, &index, upTo: header.length)
                guard held.count == header.length else { return nil }
                state = .header
                swap(&payload, &held)
                held.removeAll(keepingCapacity: held.capacity <= 16 * 1024)
                return .frame(header)
            case .skip(let left):
                let count = min(left, bytes.count - index)
                index += count
                state = count == left ? .header : .skip(left: left - count)
            }
        }
        return nil
    }

    /// Whether something can be said without another octet: empty frames end the moment their header is there.
    private var isDue: Bool {
        switch state {
        case .data(_, 0, 0): true
        case .payload(let header): held.count == header.length
        case .header, .padLength, .data, .skip: false
        }
    }

    private mutating func readHeader(
        _ bytes: Span<UInt8>, _ index: inout Int, _ now: Instant
    ) throws(Broken) -> FrameHeader? {
        if held.isEmpty { started = now }
        let header: FrameHeader
        if held.isEmpty, bytes.count - index >= FrameHeader.size {
            header = FrameHeader(bytes, at: index, started: started)
            index += FrameHeader.size
        } else {
            take(bytes, &index, upTo: FrameHeader.size)
            // Before the ninth octet already, because an HTTP/1 answer to the preface may be shorter than the frame
            // that it would be.
            guard held.count == FrameHeader.size else { return nil }
            header = FrameHeader(held.span, at: 0, started: started)
            held.removeAll(keepingCapacity: true)
        }
        if !hasBegun {
            hasBegun = true
            // Each side begins with its settings, or it does not speak HTTP/2 (RFC 9113 §3.4).
            guard header.type == FrameType.settings.rawValue, !header.has(.acknowledgement) else {
                throw Broken(
                    code: "bad-preface", detail: "The first octets are no SETTINGS frame.", raw: header.octets)
            }
        }
        return header
    }

    private mutating func begin(_ header: FrameHeader) throws(Broken) {
        let type = FrameType(rawValue: header.type)
        if let unfinishedBlock, type != .continuation || header.stream != unfinishedBlock {
            throw Broken(
                code: "interrupted-header-block", detail: "A header block was interrupted by another frame.",
                raw: header.octets)
        }
        switch type {
        case .data where header.has(.padded):
            guard header.length > 0 else { throw Broken(code: "bad-padding", detail: "A padded DATA frame is empty.") }
            state = .padLength(header)
        case .data:
            state = .data(header, content: header.length, padding: 0)
        case .headers, .continuation, .pushPromise:
            unfinishedBlock = header.has(.endHeaders) ? nil : header.stream
            try hold(header)
        case .settings, .goAway, .resetStream:
            try hold(header)
        case .priority, .ping, .windowUpdate, nil:
            state = header.length == 0 ? .header : .skip(left: header.length)
        }
    }

    private mutating func hold(_ header: FrameHeader) throws(Broken) {
        guard header.length <= Self.longestHeldPayload else {
            throw Broken(
                code: "frame-too-large", detail: "A frame of type \(header.type) has \(header.length) octets.",
                raw: header.octets)
        }
        state = .payload(header)
    }

    private mutating func take(_ bytes: Span<UInt8>, _ index: inout Int, upTo length: Int) {
        let count = min(length - held.count, bytes.count - index)
        bytes.extracting(index..<index + count).withUnsafeBufferPointer { held.append(contentsOf: $0) }
        index += count
    }
}
