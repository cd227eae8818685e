import TapeModel

/// Frames of HTTP/2 as octets (RFC 9113 §4, §6), with field sections that need no table to be read.
enum HTTP2Frames {
    enum Kind: UInt8 {
        case data = 0
        case headers = 1
        case resetStream = 3
        case settings = 4
        case windowUpdate = 8
        case continuation = 9
    }

    static let endStream: UInt8 = 0x1
    private static let endHeaders: UInt8 = 0x4
    private static let acknowledgement: UInt8 = 0x1
    private static let mostPayload = 16_384

    /// What a client begins with, knowing that the server speaks HTTP/2 (§3.3, §3.4).
    static var preface: [UInt8] { Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + settings }

    /// SETTINGS that leave room for any body, since no other room is given later.
    static var settings: [UInt8] {
        var payload: [UInt8] = []
        payload.append(big: UInt16(4))
        payload.append(big: UInt32(Int32.max))
        var update: [UInt8] = []
        update.append(big: UInt32(Int32.max) - 65_535)
        return frame(.settings, flags: 0, stream: 0, payload[...])
            + frame(.windowUpdate, flags: 0, stream: 0, update[...])
    }

    static var settingsAcknowledged: [UInt8] { frame(.settings, flags: acknowledgement, stream: 0, []) }

    static func frame(_ kind: Kind, flags: UInt8, stream: Int, _ payload: ArraySlice<UInt8>) -> [UInt8] {
        var octets: [UInt8] = []
        octets.reserveCapacity(payload.count + 9)
        octets.append(UInt8(truncatingIfNeeded: payload.count >> 16))
        octets.append(big: UInt16(truncatingIfNeeded: payload.count))
        octets.append(kind.rawValue)
        octets.append(flags)
        octets.append(big: UInt32(truncatingIfNeeded: stream))
        octets.append(contentsOf: payload)
        return octets
    }

    static func resetStream(_ stream: Int, code: UInt32) -> [UInt8] {
        var payload: [UInt8] = []
        payload.append(big: code)
        return frame(.resetStream, flags: 0, stream: stream, payload[...])
    }

    /// A field section as HEADERS and as many CONTINUATION frames as it takes (§4.3).
    static func fields(_ fields: [FieldLine], stream: Int, endsStream: Bool) -> [UInt8] {
        var block: [UInt8] = []
        for field in fields {
            // A literal without indexing, its name as it is (RFC 7541 §6.2.2).
            block.append(0)
            append(field.name.lowercasedASCII, to: &block)
            append(field.value, to: &block)
        }
        var rest = block[...]
        var octets: [UInt8] = []
        var kind = Kind.headers
        repeat {
            let piece = rest.prefix(mostPayload)
            rest = rest.dropFirst(mostPayload)
            var flags: UInt8 = rest.isEmpty ? endHeaders : 0
            if kind == .headers, endsStream { flags |= endStream }
            octets += frame(kind, flags: flags, stream: stream, piece)
            kind = .continuation
        } while !rest.isEmpty
        return octets
    }

    /// A string without Huffman code; its length has a prefix of seven bits (RFC 7541 §5.1, §5.2).
    private static func append(_ text: String, to block: inout [UInt8]) {
        let octets = HTTP1Head.harmless(text)
        if octets.count < 127 {
            block.append(UInt8(octets.count))
        } else {
            block.append(127)
            var rest = octets.count - 127
            while rest >= 128 {
                block.append(UInt8(rest % 128) | 128)
                rest /= 128
            }
            block.append(UInt8(rest))
        }
        block.append(contentsOf: octets)
    }
}
