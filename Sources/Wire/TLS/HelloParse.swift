/// What the first octets of a TLS connection turned out to be.
public enum HelloParse<Hello: Sendable>: Sendable {
    case needMore
    case notTLS
    case malformed
    case hello(Hello)
}

/// Reads the first handshake message of one direction out of plaintext records (RFC 8446 §5.1, §4).
struct HandshakeMessage {
    /// A ClientHello with post-quantum key shares has some 2 KiB; 64 KiB is beyond anything honest.
    static let longest = 64 * 1024

    enum Outcome {
        case needMore
        case notTLS
        case malformed
        case body([UInt8])
    }

    static func first(in bytes: Span<UInt8>, type: UInt8) -> Outcome {
        var message: [UInt8] = []
        var index = 0
        while true {
            // content type 22, major version 3: decided on the octets that are there, however few.
            if index < bytes.count, bytes[index] != 22 { return index == 0 ? .notTLS : .malformed }
            if index + 1 < bytes.count, bytes[index + 1] != 3 { return index == 0 ? .notTLS : .malformed }
            guard index + 5 <= bytes.count else { return .needMore }
            let length = Int(bytes[index + 3]) << 8 | Int(bytes[index + 4])
            guard (1...16_640).contains(length) else { return .malformed }
            index += 5
            let end = min(index + length, bytes.count)
            let isWhole = index + length <= bytes.count
            while index < end {
                message.append(bytes[index])
                index += 1
            }
            if let first = message.first, first != type { return .malformed }
            if message.count >= 4 {
                let size = Int(message[1]) << 16 | Int(message[2]) << 8 | Int(message[3])
                guard size <= longest else { return .malformed }
                if message.count >= 4 + size { return .body(Array(message[4..<4 + size])) }
            }
            guard isWhole else { return .needMore }
        }
    }
}

/// A cursor over octets that a peer sent: every read can fail and none can trap.
struct OctetCursor {
    private var rest: ArraySlice<UInt8>

    init(_ octets: ArraySlice<UInt8>) { rest = octets }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func integer(octets count: Int) -> Int? {
        guard let octets = take(count) else { return nil }
        return octets.reduce(0) { $0 << 8 | Int($1) }
    }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    /// A vector whose length stands before it (RFC 8446 §3.4).
    mutating func vector(lengthOctets: Int) -> ArraySlice<UInt8>? {
        guard let length = integer(octets: lengthOctets) else { return nil }
        return take(length)
    }
}
