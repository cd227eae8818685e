import NIOCore
import NIOHPACK
import Testing

/// Header blocks as real encoders make them: with a table that both sides must keep alike (RFC 7541).
struct HPACKTests {
    @Test func `fields that a table abbreviates are read in full`() {
        var client = HPACKEncoder(allocator: .init())
        var server = HPACKEncoder(allocator: .init())
        let asked = (0..<3).flatMap { Self.headers(1 + 2 * $0, Self.request("/\($0)"), &client) }
        let answered = (0..<3).flatMap {
            Self.headers(1 + 2 * $0, [(":status", "200"), ("x-server", "long name")], &server)
        }
        let text =
            (1...3).map {
                "\($0)/\(2 * $0 - 1) request GET https://r.test/\($0 - 1) {x-client: one}\n\($0) request over\n"
            }.joined()
            + (1...3).map {
                "\($0) response 200 {x-server: long name}\n\($0) response over\n\($0) done"
            }.joined(separator: "\n")
        Self.check("a table of each side", HTTP2.opening + [.client(asked), .server(answered)], text)
    }

    @Test func `a smaller table binds only what comes after its acknowledgement`() throws {
        var server = HPACKEncoder(allocator: .init())
        let first = Self.headers(1, [(":status", "200"), ("x-server", "long name")], &server)
        // The client shrinks the table while an answer that uses the old one is on its way.
        let shrink: Step = .client(HTTP2.setting(1, 0))
        let second = Self.headers(3, [(":status", "200"), ("x-server", "long name")], &server)
        try server.setDynamicTableSize(0)
        let third = Self.headers(5, [(":status", "200"), ("x-server", "long name")], &server)
        let steps: [Step] = [
            .client(HTTP2.get(1, "/a"), HTTP2.get(3, "/b"), HTTP2.get(5, "/c")), .server(first), shrink,
            .server(second, HTTP2.acknowledgement, third),
        ]
        let text =
            zip(1...3, ["a", "b", "c"]).map {
                "\($0)/\(2 * $0 - 1) request GET https://r.test/\($1)\n\($0) request over\n"
            }.joined()
            + (1...3).map { "\($0) response 200 {x-server: long name}\n\($0) response over\n\($0) done" }
            .joined(separator: "\n")
        Self.check("a table that shrinks", HTTP2.opening + steps, text)
    }

    @Test func `a table larger than it was allowed ends the reading`() {
        // Dynamic Table Size Update to 4,097 (RFC 7541 §6.3).
        let steps: [Step] = [.client(HTTP2.frame(1, 5, 1, [0x3F, 0xE2, 0x1F]))]
        Self.check(
            "a table too large", HTTP2.opening + steps, "odd client bad-header-block\nopaque bad-header-block")
    }

    private static func check(_ name: String, _ steps: [Step], _ text: String) {
        Cutting.check(Conversation(name, steps, text)) { $0 }
    }

    private static func request(_ path: String) -> [(String, String)] {
        [(":method", "GET"), (":scheme", "https"), (":authority", "r.test"), (":path", path), ("x-client", "one")]
    }

    private static func headers(
        _ stream: UInt32, _ fields: [(String, String)], _ encoder: inout HPACKEncoder
    ) -> [UInt8] {
        var buffer = ByteBuffer()
        do {
            try encoder.encode(headers: HPACKHeaders(fields), to: &buffer)
        } catch {
            Issue.record(error)
        }
        return HTTP2.frame(1, 5, stream, Array(buffer.readableBytesView))
    }
}
