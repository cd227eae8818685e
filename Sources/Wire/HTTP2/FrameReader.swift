/// Cuts one direction of an HTTP/2 connection into frames (RFC 9113 §4).
///
/// DATA passes through as ranges; only frames that carry state are held, and those are small.
struct FrameReader: Sendable {
    enum Piece {
        /// A whole frame other than DATA.
        case frame(Frame)
        /// Content octets of a DATA frame, padding left out, as a range of the bytes just read.
        case data(stream: Int, Range<Int>)
        /// A DATA frame is over.
        case dataEnded(stream: Int, endStream: Bool)
    }

    struct Frame {
        let type: UInt8
        let flags: UInt8
        let stream: Int
        let payload: [UInt8]
    }

    struct Broken: Error {
        let code: String
        let detail: String
    }

    private enum State: Sendable {
        case header
        case payload(type: UInt8, flags: UInt8, stream: Int, length: Int)
        case padLength(flags: UInt8, stream: Int, length: Int)
        case data(flags: UInt8, stream: Int, content: Int, padding: Int)
        case skip(left: Int)
    }

    /// Frames that are held: header blocks are bounded on their own, settings and the rest are tiny.
    private static let longestHeldPayload = 256 * 1024

    private var state = State.header
    private var held: [UInt8] = []

    mutating func read(_ bytes: Span<UInt8>, _ index: inout Int) throws(Broken) -> Piece? {
        while index < bytes.count || isDue {
            switch state {
            case .header:
                collect(bytes, &index, upTo: 9)
                guard held.count == 9 else { return nil }
                let length = Int(held[0]) << 16 | Int(held[1]) << 8 | Int(held[2])
                let stream = Int(held[5] & 0x7F) << 24 | Int(held[6]) << 16 | Int(held[7]) << 8 | Int(held[8])
                let (type, flags) = (held[3], held[4])
                held.removeAll(keepingCapacity: true)
                try begin(type, flags, stream, length)
            case .padLength(let flags, let stream, let length):
                let padding = Int(bytes[index])
                index += 1
                guard padding < length else {
                    throw Broken(code: "bad-padding", detail: "A DATA frame has more padding than payload.")
                }
                state = .data(flags: flags, stream: stream, content: length - 1 - padding, padding: padding)
            case .data(let flags, let stream, 0, 0):
                state = .header
                return .dataEnded(stream: stream, endStream: flags & 0x1 != 0)
            case .data(let flags, let stream, let content, let padding):
                let available = bytes.count - index
                if content > 0 {
                    let count = min(content, available)
                    let range = index..<index + count
                    index += count
                    state = .data(flags: flags, stream: stream, content: content - count, padding: padding)
                    return .data(stream: stream, range)
                }
                let count = min(padding, available)
                index += count
                state = .data(flags: flags, stream: stream, content: 0, padding: padding - count)
            case .payload(let type, let flags, let stream, let length):
                collect(bytes, &index, upTo: length)
                guard held.count == length else { return nil }
                state = .header
                let payload = held
                held = []
                return .frame(Frame(type: type, flags: flags, stream: stream, payload: payload))
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
        case .data(_, _, 0, 0): true
        case .payload(_, _, _, let length): held.count == length
        case .header, .padLength, .data, .skip: false
        }
    }

    private mutating func begin(_ type: UInt8, _ flags: UInt8, _ stream: Int, _ length: Int) throws(Broken) {
        switch FrameType(rawValue: type) {
        case .data where flags & 0x8 != 0:
            guard length > 0 else { throw Broken(code: "bad-padding", detail: "A padded DATA frame is empty.") }
            state = .padLength(flags: flags, stream: stream, length: length)
        case .data:
            state = .data(flags: flags, stream: stream, content: length, padding: 0)
        case .headers, .continuation, .pushPromise, .settings, .goAway, .resetStream:
            guard length <= Self.longestHeldPayload else {
                throw Broken(code: "frame-too-large", detail: "A frame of type \(type) has \(length) octets.")
            }
            state = .payload(type: type, flags: flags, stream: stream, length: length)
        case .priority, .ping, .windowUpdate, nil:
            state = length == 0 ? .header : .skip(left: length)
        }
    }

    private mutating func collect(_ bytes: Span<UInt8>, _ index: inout Int, upTo length: Int) {
        while held.count < length, index < bytes.count {
            held.append(bytes[index])
            index += 1
        }
    }
}

/// Frame types (RFC 9113 §6).
enum FrameType: UInt8, Sendable {
    case data = 0
    case headers = 1
    case priority = 2
    case resetStream = 3
    case settings = 4
    case pushPromise = 5
    case ping = 6
    case goAway = 7
    case windowUpdate = 8
    case continuation = 9
}
