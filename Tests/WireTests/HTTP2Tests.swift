import NIOCore
import NIOHPACK
import TestSupport
import Testing

/// HTTP/2 conversations built frame by frame, read whole, byte by byte and cut at random.
struct HTTP2Tests {
    @Test func `interleaved streams, trailers and a reset read the same however they are cut`() {
        var client = HPACKEncoder(allocator: .init())
        var server = HPACKEncoder(allocator: .init())
        let ask =
            Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + Self.frame(4, 0, 0, [])
            + Self.frame(1, 0x5, 1, Self.request("/v2/a", &client))
            + Self.frame(1, 0x5, 3, Self.request("/v2/b", &client))
            + Self.frame(1, 0x4, 5, Self.request("/v2/c", &client))
            + Self.frame(0, 0x9, 5, [2] + Array("body".utf8) + [0, 0])
        let answer =
            Self.frame(4, 0, 0, []) + Self.frame(1, 0x4, 3, Self.block([(":status", "200")], &server))
            + Self.frame(1, 0x4, 1, Self.block([(":status", "200")], &server)) + Self.frame(0, 0, 1, Array("on".utf8))
            + Self.frame(0, 1, 3, Array("two".utf8)) + Self.frame(0, 0, 1, Array("e".utf8))
            + Self.frame(1, 0x5, 1, Self.block([("x-sum", "1")], &server)) + Self.frame(3, 0, 5, [0, 0, 0, 7])
        let expected = """
            1/1 > GET https://r.test/v2/a HTTP/2 0
            1 client ended \n2/3 > GET https://r.test/v2/b HTTP/2 0
            2 client ended \n3/5 > GET https://r.test/v2/c HTTP/2 0
            3 client ended body
            2 < 200 0
            1 < 200 0
            2 server ended two
            2 over whole
            1 server trailers 1
            1 server ended one
            1 over whole
            3 over stream-reset\n
            """
        let steps: [Transcript.Step] = [.client(ask), .server(answer)]
        #expect(Transcript(steps, cut: { _ in [] }).text == expected)
        #expect(Transcript(steps, cut: { Array(1..<$0) }).text == expected)
        for seed in 0..<200 {
            var random = SeededGenerator(seed: UInt64(seed))
            let cut = Transcript(steps) { count in
                (0..<5).map { _ in Int.random(in: 0...count, using: &random) }.sorted()
            }
            #expect(cut.text == expected, "seed \(seed)")
        }
    }

    @Test func `endless continuation frames end the witnessing`() {
        let flood =
            Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + Self.frame(1, 0, 1, [0x82])
            + (0..<100).flatMap { _ in Self.frame(9, 0, 1, [0x82]) }
        let text = Transcript([.client(flood)], cut: { _ in [] }).text
        #expect(text == "odd client bad-header-block\nopaque bad-header-block\n")
    }

    private static func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt8, _ payload: [UInt8]) -> [UInt8] {
        [0, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF), type, flags, 0, 0, 0, stream] + payload
    }

    private static func request(_ path: String, _ encoder: inout HPACKEncoder) -> [UInt8] {
        block([(":method", "GET"), (":scheme", "https"), (":authority", "r.test"), (":path", path)], &encoder)
    }

    private static func block(_ fields: [(String, String)], _ encoder: inout HPACKEncoder) -> [UInt8] {
        var buffer = ByteBuffer()
        do {
            try encoder.encode(headers: HPACKHeaders(fields), to: &buffer)
        } catch {
            Issue.record(error)
        }
        return Array(buffer.readableBytesView)
    }
}
