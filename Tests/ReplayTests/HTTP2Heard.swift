import NIOCore
import NIOHPACK

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
