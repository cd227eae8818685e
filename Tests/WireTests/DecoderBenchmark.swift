import Foundation
import NIOCore
import NIOHPACK
import TapeModel
import Testing
import Wire

/// How much processor time the decoder takes, printed and never asserted: `REGTAPE_BENCH=1 tools/test --quick --filter DecoderBenchmark`.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["REGTAPE_BENCH"] != nil), .serialized)
struct DecoderBenchmark {
    private static let rounds =
        Int(ProcessInfo.processInfo.environment["REGTAPE_BENCH"] ?? "").flatMap {
            $0 > 1 ? $0 : nil
        } ?? 200_000

    @Test func `small exchanges of HTTP 1`() {
        let request = Array(Self.requestHead.utf8)
        let response = Array(Self.responseHead.utf8) + Array(repeating: UInt8(ascii: "x"), count: 100)
        measure("http/1 GET, heads of \(request.count) and \(response.count - 100) octets", opening: []) {
            [(.client, request), (.server, response)]
        }
    }

    @Test func `content of HTTP 1`() {
        let head = Array("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n".utf8)
        let content = Array(repeating: UInt8(7), count: 64 * 1024)
        measure(
            "http/1 body, read of 64 KiB", opening: [(.client, Array(Self.requestHead.utf8)), (.server, head)]
        ) { [(.server, content)] }
    }

    @Test func `small exchanges of HTTP 2`() {
        var client = HPACKEncoder(allocator: .init())
        var server = HPACKEncoder(allocator: .init())
        let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]
        var stream: UInt32 = 1
        measure("http/2 GET, 9 and 10 fields", opening: [(.client, preface), (.server, [0, 0, 0, 4, 0, 0, 0, 0, 0])]) {
            defer { stream += 2 }
            return [
                (.client, Self.frame(1, 0x5, stream, Self.block(Self.requestFields, &client))),
                (
                    .server,
                    Self.frame(1, 0x4, stream, Self.block(Self.responseFields, &server))
                        + Self.frame(0, 0x1, stream, Array(repeating: 7, count: 100))
                ),
            ]
        }
    }

    @Test func `content of HTTP 2`() {
        var client = HPACKEncoder(allocator: .init())
        var server = HPACKEncoder(allocator: .init())
        let opening: [(Side, [UInt8])] = [
            (.client, Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]),
            (.server, [0, 0, 0, 4, 0, 0, 0, 0, 0]),
            (.client, Self.frame(1, 0x5, 1, Self.block(Self.requestFields, &client))),
            (.server, Self.frame(1, 0x4, 1, Self.block([(":status", "200")], &server))),
        ]
        let content = (0..<4).flatMap { _ in Self.frame(0, 0, 1, Array(repeating: 7, count: 16_384)) }
        measure("http/2 body, read of four DATA frames of 16 KiB", opening: opening) { [(.server, content)] }
    }

    /// Makes all octets first, so that only the decoder is timed.
    private func measure(
        _ name: String, opening: [(Side, [UInt8])], _ round: () -> [(Side, [UInt8])]
    ) {
        let isLarge = name.contains("body")
        let steps = isLarge ? round() : (0..<Self.rounds).flatMap { _ in round() }
        var decoder = ConnectionDecoder(connection: 1, scheme: "https", authority: "registry.test:443")
        var events: [ExchangeEvent] = []
        for (side, octets) in opening {
            decoder.receive(side, octets.span, at: Instant(microseconds: 1), into: &events)
        }
        var count = 0
        var least = Double.infinity
        for _ in 0..<(isLarge ? 5 : 1) {
            let began = clock()
            for _ in 0..<(isLarge ? Self.rounds : 1) {
                for (side, octets) in steps {
                    events.removeAll(keepingCapacity: true)
                    decoder.receive(side, octets.span, at: Instant(microseconds: 1), into: &events)
                    count += events.count
                }
            }
            least = min(least, Double(clock() - began) * 1e9 / Double(CLOCKS_PER_SEC))
        }
        #expect(count >= Self.rounds)
        print("\(name): \(Int(least) / Self.rounds) ns")
    }

    private static let requestHead = """
        GET /v2/library/application/blobs/sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef HTTP/1.1\r
        Host: registry.example.test\r
        User-Agent: docker/24.0.7 go/go1.20.10 kernel/6.1.0\r
        Accept: application/vnd.oci.image.manifest.v1+json\r
        Accept-Encoding: identity\r
        Connection: keep-alive\r
        \r

        """

    private static let responseHead = """
        HTTP/1.1 200 OK\r
        Server: nginx/1.22.1\r
        Date: Mon, 23 Nov 2026 10:07:15 GMT\r
        Content-Type: application/vnd.oci.image.layer.v1.tar+gzip\r
        Content-Length: 100\r
        Connection: keep-alive\r
        Docker-Content-Digest: sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r
        Docker-Distribution-Api-Version: registry/2.0\r
        Etag: "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"\r
        X-Content-Type-Options: nosniff\r
        Strict-Transport-Security: max-age=31536000\r
        \r

        """

    private static let requestFields = [
        (":method", "GET"), (":scheme", "https"), (":authority", "registry.example.test"),
        (":path", "/v2/library/application/manifests/latest"), ("user-agent", "docker/24.0.7 go/go1.20.10"),
        ("accept", "application/vnd.oci.image.manifest.v1+json"), ("accept-encoding", "identity"),
        ("x-request", "01234567890123456789"), ("x-more", "yes"),
    ]

    private static let responseFields = [
        (":status", "200"), ("content-type", "application/vnd.oci.image.layer.v1.tar+gzip"),
        ("content-length", "100"), ("date", "Mon, 23 Nov 2026 10:07:15 GMT"), ("server", "nginx/1.22.1"),
        ("docker-content-digest", "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
        ("docker-distribution-api-version", "registry/2.0"), ("x-content-type-options", "nosniff"),
        ("strict-transport-security", "max-age=31536000"), ("etag", "0123456789"),
    ]

    private static func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8]) -> [UInt8] {
        let length = UInt32(payload.count)
        return [UInt8(length >> 16), UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF), type, flags]
            + withUnsafeBytes(of: stream.bigEndian) { Array($0) } + payload
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
