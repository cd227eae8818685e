import TapeModel

/// A place in the middle of a connection where a message or frame begins, by the look of it.
///
/// Only the beginning of what was sent at once is looked at, because that is where clients and servers begin a message;
/// within content the same octets may stand by chance.
enum Joint: Sendable, Hashable {
    case http1
    case http2

    /// Frames that are no larger than what peers take without having said more (RFC 9113 §4.2).
    private static let longestFrame = 16_384
    private static let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT"]

    static func find(_ side: Side, _ octets: Span<UInt8>) -> Joint? {
        switch side {
        case .client where isRequestLine(octets): .http1
        case .server where starts(octets, with: "HTTP/1."): .http1
        case _ where isFrameHeader(octets): .http2
        default: nil
        }
    }

    private static func isRequestLine(_ octets: Span<UInt8>) -> Bool {
        methods.contains { starts(octets, with: $0 + " ") }
    }

    private static func starts(_ octets: Span<UInt8>, with text: String) -> Bool {
        guard octets.count >= text.utf8.count else { return false }
        for (index, octet) in text.utf8.enumerated() where octets[index] != octet { return false }
        return true
    }

    /// Whether a frame header stands here that agrees with itself (RFC 9113 §4.1, §6).
    private static func isFrameHeader(_ octets: Span<UInt8>) -> Bool {
        guard octets.count >= FrameHeader.size else { return false }
        let header = FrameHeader(octets, at: 0, started: Instant(microseconds: 0))
        guard octets[5] & 0x80 == 0, header.length <= longestFrame else { return false }
        switch FrameType(rawValue: header.type) {
        case .headers, .data: return header.stream != 0
        case .continuation, .pushPromise, nil: return false
        case .priority: return header.stream != 0 && header.length == 5
        case .resetStream: return header.stream != 0 && header.length == 4
        case .settings: return header.stream == 0 && header.length.isMultiple(of: 6)
        case .ping: return header.stream == 0 && header.length == 8
        case .goAway: return header.stream == 0 && header.length >= 8
        case .windowUpdate: return header.length == 4
        }
    }
}
