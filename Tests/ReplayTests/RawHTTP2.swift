import NIOCore
import NIOHPACK

/// HTTP/2 by hand (RFC 9113 §4, RFC 7541 §6): frames that a library would never send, and a reader for what comes back.
enum RawHTTP2 {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    /// The preface and our settings, all of them the standard's own.
    static let opening = preface + settings([])

    static func frame(_ type: UInt8, flags: UInt8 = 0, stream: Int = 0, _ payload: [UInt8] = []) -> [UInt8] {
        var octets = number(payload.count, octets: 3)
        octets += [type, flags]
        return octets + number(stream, octets: 4) + payload
    }

    static func settings(_ values: [(UInt8, Int)]) -> [UInt8] {
        frame(4, values.flatMap { [0, $0.0] + number($0.1, octets: 4) })
    }

    static func windowUpdate(_ stream: Int, by increment: Int) -> [UInt8] {
        frame(8, stream: stream, number(increment, octets: 4))
    }

    static func reset(_ stream: Int) -> [UInt8] { frame(3, stream: stream, [0, 0, 0, 8]) }

    static func get(_ path: String, stream: Int, more: [(String, String)] = []) -> [UInt8] {
        request("GET", path, stream: stream, more: more)
    }

    static func request(
        _ method: String, _ path: String, stream: Int, more: [(String, String)] = [], isEnd: Bool = true
    ) -> [UInt8] {
        request(
            [(":method", method), (":scheme", "http"), (":path", path), (":authority", "x")] + more, stream: stream,
            isEnd: isEnd)
    }

    static func request(_ fields: [(String, String)], stream: Int, isEnd: Bool = true) -> [UInt8] {
        frame(1, flags: isEnd ? 0x05 : 0x04, stream: stream, block(fields))
    }

    /// Every field as a literal that is not kept (RFC 7541 §6.2.2); each character is one octet.
    static func block(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { name, value in [0x00] + literal(name) + literal(value) }
    }

    /// A string literal without Huffman coding (RFC 7541 §5.2).
    static func literal(_ text: String) -> [UInt8] {
        let octets = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        return integer(octets.count, prefix: 7) + octets
    }

    /// An integer with its first bits zero (RFC 7541 §5.1).
    static func integer(_ value: Int, prefix: Int) -> [UInt8] {
        let most = (1 << prefix) - 1
        guard value >= most else { return [UInt8(value)] }
        var octets = [UInt8(most)]
        var rest = value - most
        while rest >= 128 {
            octets.append(UInt8(rest & 0x7F | 0x80))
            rest >>= 7
        }
        return octets + [UInt8(rest)]
    }

    static func number(_ value: Int, octets count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}

/// What a server has sent on one connection, frame by frame and stream by stream.
struct HTTP2Heard {
    struct Frame: Equatable {
        let type: UInt8
        let flags: UInt8
        let stream: Int
        let payload: [UInt8]
    }

    struct Answer {
        /// Of every header section in turn: interim ones, the head, and trailers.
        var sections: [[(name: String, value: String)]] = []
        var content: [UInt8] = []
        var hasEnded = false
        /// The code of RST_STREAM.
        var resetCode: Int?

        var statuses: [Int] { sections.compactMap { $0.first { $0.name == ":status" }.flatMap { Int($0.value) } } }
        var text: String { String(decoding: content, as: UTF8.self) }

        func value(_ name: String) -> String? {
            sections.joined().first { $0.name == name }?.value
        }
    }

    private(set) var frames: [Frame] = []
    private(set) var answers: [Int: Answer] = [:]
    /// The code of GOAWAY.
    private(set) var goAwayCode: Int?

    init(_ octets: [UInt8]) {
        var rest = octets[...]
        var decoder = HPACKDecoder(allocator: ByteBufferAllocator())
        while rest.count >= 9 {
            let header = Array(rest.prefix(9))
            let count = Self.number(header[0..<3])
            guard rest.count >= 9 + count else { return }
            let payload = Array(rest.dropFirst(9).prefix(count))
            rest = rest.dropFirst(9 + count)
            add(
                Frame(
                    type: header[3], flags: header[4], stream: Self.number(header[5..<9]) & 0x7FFF_FFFF,
                    payload: payload), &decoder)
        }
    }

    private mutating func add(_ frame: Frame, _ decoder: inout HPACKDecoder) {
        frames.append(frame)
        switch frame.type {
        case 0: answers[frame.stream, default: Answer()].content += frame.payload
        case 1:
            var buffer = ByteBuffer(bytes: frame.payload)
            let fields = (try? decoder.decodeHeaders(from: &buffer)) ?? [:]
            answers[frame.stream, default: Answer()].sections.append(fields.map { ($0.name, $0.value) })
        case 3: answers[frame.stream, default: Answer()].resetCode = Self.number(frame.payload[...])
        case 7: goAwayCode = Self.number(frame.payload.dropFirst(4).prefix(4))
        default: break
        }
        if frame.type <= 1, frame.flags & 0x01 != 0 { answers[frame.stream]?.hasEnded = true }
    }

    private static func number(_ octets: ArraySlice<UInt8>) -> Int { octets.reduce(0) { $0 << 8 | Int($1) } }

    /// Whether all of these streams are over, with an answer or a reset.
    func areOver(_ streams: [Int]) -> Bool {
        streams.allSatisfy { answers[$0].map { $0.hasEnded || $0.resetCode != nil } ?? false }
    }
}

extension RawSocket {
    /// What comes until these streams are over, or the connection is.
    func hear(streams: [Int]) -> (HTTP2Heard, isOpen: Bool) {
        let heard = hear { HTTP2Heard($0).areOver(streams) }
        return (HTTP2Heard(heard.octets), heard.isOpen)
    }
}
