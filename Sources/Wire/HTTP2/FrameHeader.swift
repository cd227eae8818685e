import TapeModel

/// The nine octets before each frame (RFC 9113 §4.1).
struct FrameHeader: Sendable {
    static let size = 9

    let length: Int
    let type: UInt8
    let flags: UInt8
    let stream: Int
    /// When the first of the nine octets arrived.
    let started: Instant

    /// The caller has seen to it that nine octets are there.
    init(_ octets: Span<UInt8>, at index: Int, started: Instant) {
        length = Int(octets[index]) << 16 | Int(octets[index + 1]) << 8 | Int(octets[index + 2])
        type = octets[index + 3]
        flags = octets[index + 4]
        stream =
            Int(octets[index + 5] & 0x7F) << 24 | Int(octets[index + 6]) << 16 | Int(octets[index + 7]) << 8
            | Int(octets[index + 8])
        self.started = started
    }

    func has(_ flag: FrameFlag) -> Bool { flags & flag.rawValue != 0 }

    /// As it was on the wire, but for the reserved bit.
    var octets: [UInt8] {
        [
            UInt8(truncatingIfNeeded: length >> 16), UInt8(truncatingIfNeeded: length >> 8),
            UInt8(truncatingIfNeeded: length), type, flags, UInt8(truncatingIfNeeded: stream >> 24),
            UInt8(truncatingIfNeeded: stream >> 16), UInt8(truncatingIfNeeded: stream >> 8),
            UInt8(truncatingIfNeeded: stream),
        ]
    }
}

/// Flags, which mean something only together with a type (RFC 9113 §6).
enum FrameFlag: UInt8, Sendable {
    case endStream = 0x1
    case endHeaders = 0x4
    case padded = 0x8
    case priority = 0x20

    /// In SETTINGS and PING what is the end of a stream elsewhere.
    static let acknowledgement = FrameFlag.endStream
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
