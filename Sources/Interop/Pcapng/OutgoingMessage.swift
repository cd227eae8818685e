import TapeModel

/// One message on its way into segments, its content read as it is needed.
struct OutgoingMessage {
    enum Framing: Equatable {
        /// HTTP/1 with a length, or up to the end of the connection.
        case identity
        case chunked
        /// DATA frames of an HTTP/2 stream; the last ends it where nothing follows.
        case frames(stream: Int, endsStream: Bool)
    }

    /// When its first octet is sent, in microseconds, and how long after it the last.
    let start: Int64
    let duration: Int64
    let comments: [String]
    private(set) var hasBegun = false
    private var head: ArraySlice<UInt8>
    private let body: ExportedBody
    private let framing: Framing
    private var tail: ArraySlice<UInt8>
    private var offset: Int64 = 0

    init(
        start: Int64, duration: Int64, comments: [String], head: [UInt8], body: ExportedBody, framing: Framing,
        tail: [UInt8]
    ) {
        self.start = start
        self.duration = max(0, duration)
        self.comments = comments
        self.head = head[...]
        self.body = body
        self.framing = framing
        self.tail = tail[...]
    }

    var isOver: Bool { head.isEmpty && offset == body.count && tail.isEmpty }

    /// When the next segment is sent: content is spread evenly behind the head.
    var next: Int64 {
        if !head.isEmpty { return start }
        guard offset < body.count else { return start + duration }
        let share = Double(offset + Int64(pieceLength)) / Double(body.count)
        return start + Int64(Double(duration) * share)
    }

    /// The content of the next segment.
    mutating func take(from content: some ExportContent) throws -> [UInt8] {
        hasBegun = true
        if !head.isEmpty { return Self.take(&head) }
        guard offset < body.count else { return Self.take(&tail) }
        let length = pieceLength
        let octets = try body.octets(at: offset, count: length, from: content)
        offset += Int64(length)
        switch framing {
        case .identity: return octets
        case .chunked: return Array(String(length, radix: 16).utf8) + [0x0D, 0x0A] + octets + [0x0D, 0x0A]
        case .frames(let stream, let endsStream):
            let flags: UInt8 = endsStream && offset == body.count ? HTTP2Frames.endStream : 0
            return HTTP2Frames.frame(.data, flags: flags, stream: stream, octets[...])
        }
    }

    private var pieceLength: Int { Int(min(Int64(Self.mostContent), body.count - offset)) }

    private static func take(_ octets: inout ArraySlice<UInt8>) -> [UInt8] {
        let piece = Array(octets.prefix(mostContent))
        octets = octets.dropFirst(mostContent)
        return piece
    }

    /// What a DATA frame may have where nobody agreed on more (RFC 9113 §4.2); in one packet with its headers.
    private static let mostContent = 16_384
}
