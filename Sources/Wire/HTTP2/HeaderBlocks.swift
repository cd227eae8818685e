import TapeModel

/// Puts the fragments of header blocks together (RFC 9113 §4.3, §6.2, §6.6, §6.10).
struct HeaderBlocks: Sendable {
    struct Block {
        let stream: Int
        let endsStream: Bool
        let isPush: Bool
        let started: Instant
        var octets: [UInt8]
    }

    enum Outcome {
        case incomplete
        case complete(Block)
        case broken(String)
    }

    /// CVE-2024-27316 and its like: endless CONTINUATION.
    ///
    /// No honest sender needs this many.
    private static let mostFragments = 64
    private static let longestBlock = 256 * 1024

    private var open: Block?
    private var fragments = 0

    mutating func add(_ frame: FrameReader.Frame, at now: Instant) -> Outcome {
        let isContinuation = frame.type == FrameType.continuation.rawValue
        if isContinuation {
            guard var block = open, block.stream == frame.stream else {
                return .broken("A CONTINUATION frame continues nothing.")
            }
            fragments += 1
            block.octets += frame.payload
            guard fragments <= Self.mostFragments, block.octets.count <= Self.longestBlock else {
                return .broken(
                    "A header block is longer than \(Self.longestBlock) octets or \(Self.mostFragments) frames.")
            }
            open = block
        } else {
            guard open == nil else { return .broken("A header block was interrupted by another.") }
            let isPush = frame.type == FrameType.pushPromise.rawValue
            guard let fragment = Self.fragment(of: frame, isPush: isPush) else {
                return .broken("A HEADERS frame has more padding than payload.")
            }
            fragments = 1
            open = Block(
                stream: frame.stream, endsStream: !isPush && frame.flags & 0x1 != 0, isPush: isPush, started: now,
                octets: fragment)
        }
        guard frame.flags & 0x4 != 0, let block = open else { return .incomplete }
        open = nil
        return .complete(block)
    }

    /// The payload without padding, priority and promised stream.
    private static func fragment(of frame: FrameReader.Frame, isPush: Bool) -> [UInt8]? {
        var payload = frame.payload[...]
        var padding = 0
        if frame.flags & 0x8 != 0 {
            guard let first = payload.popFirst() else { return nil }
            padding = Int(first)
        }
        let prefix = isPush ? 4 : (frame.flags & 0x20 != 0 ? 5 : 0)
        guard payload.count >= prefix + padding else { return nil }
        return Array(payload.dropFirst(prefix).dropLast(padding))
    }
}
