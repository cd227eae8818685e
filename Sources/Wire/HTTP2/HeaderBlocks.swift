import TapeModel

/// Puts the fragments of header blocks together (RFC 9113 §4.3, §6.2, §6.6, §6.10).
struct HeaderBlocks: Sendable {
    struct Block {
        let stream: Int
        /// The stream that a PUSH_PROMISE reserves.
        let promised: Int?
        let endsStream: Bool
        let started: Instant
        var octets: [UInt8]
    }

    struct Broken: Error {
        let detail: String
    }

    /// CVE-2024-27316 and its like: endless CONTINUATION.
    ///
    /// No honest sender needs this many.
    private static let mostFragments = 64
    private static let longestBlock = 256 * 1024

    private var open: Block?
    private var fragments = 0

    /// A whole block, or nothing while fragments are missing.
    mutating func add(_ header: FrameHeader, _ payload: [UInt8]) throws(Broken) -> Block? {
        if header.type == FrameType.continuation.rawValue {
            guard open != nil, open?.stream == header.stream else {
                throw Broken(detail: "A CONTINUATION frame continues nothing.")
            }
            fragments += 1
            open?.octets += payload
            guard fragments <= Self.mostFragments, open?.octets.count ?? 0 <= Self.longestBlock else {
                throw Broken(
                    detail: "A header block is longer than \(Self.longestBlock) octets or \(Self.mostFragments) frames."
                )
            }
        } else {
            fragments = 1
            open = try Self.block(header, payload)
        }
        guard header.has(.endHeaders) else { return nil }
        defer { open = nil }
        return open
    }

    /// The first fragment, without padding, priority and promised stream.
    private static func block(_ header: FrameHeader, _ payload: [UInt8]) throws(Broken) -> Block {
        var rest = payload[...]
        var padding = 0
        if header.has(.padded) { padding = rest.popFirst().map(Int.init) ?? Int.max }
        let isPush = header.type == FrameType.pushPromise.rawValue
        let prefix = isPush ? 4 : (header.has(.priority) ? 5 : 0)
        guard rest.count >= prefix, rest.count - prefix >= padding else {
            throw Broken(detail: "A header frame has more padding than payload.")
        }
        let promised = isPush ? rest.prefix(4).reduce(0) { $0 << 8 | Int($1) } & 0x7FFF_FFFF : nil
        return Block(
            stream: header.stream, promised: promised, endsStream: !isPush && header.has(.endStream),
            started: header.started, octets: Array(rest.dropFirst(prefix).dropLast(padding)))
    }
}
