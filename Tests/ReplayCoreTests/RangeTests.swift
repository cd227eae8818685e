import Registry
import Replay
import TapeModel
import Testing

/// Any range of a recorded content (RFC 9110 §14).
struct RangeTests {
    private static let content = "0123456789"

    private static func server() -> TestServer {
        var tape = TapeInHand()
        tape.exchange(
            "GET", "/v2/app/blobs/" + TapeInHand.digest(content), status: 200,
            ["Content-Type": "application/octet-stream", "ETag": "\"e\""], answer: content)
        return TestServer(index: tape.index)
    }

    @Test(
        arguments: [
            ("bytes=0-", 206, "0123456789", "bytes 0-9/10"), ("bytes=7-", 206, "789", "bytes 7-9/10"),
            ("bytes=2-4", 206, "234", "bytes 2-4/10"), ("bytes=0-0", 206, "0", "bytes 0-0/10"),
            ("bytes=-3", 206, "789", "bytes 7-9/10"), ("bytes=-30", 206, "0123456789", "bytes 0-9/10"),
            ("bytes=5-99999999999999999999999", 206, "56789", "bytes 5-9/10"),
            ("Bytes = 1 - 2", 206, "12", "bytes 1-2/10"),
            ("bytes=10-", 416, "", "bytes */10"), ("bytes=-0", 416, "", "bytes */10"),
            ("bytes=99999999999999999999-", 416, "", "bytes */10"),
            ("bytes=4-2", 200, content, nil), ("bytes=a-", 200, content, nil), ("bytes=-", 200, content, nil),
            ("bytes=", 200, content, nil), ("items=0-1", 200, content, nil), ("", 200, content, nil),
            ("bytes=0-9,0-9", 200, content, nil),
            ("bytes=" + String(repeating: "0-0,", count: 2_000), 200, content, nil),
        ] as [(String, Int, String, String?)])
    func `a range gives its octets`(field: String, status: Int, body: String, range: String?) {
        var server = Self.server()
        let answer = server.get("/v2/app/blobs/" + TapeInHand.digest(Self.content), [FieldLine("Range", field)])
        #expect(answer.status == status)
        #expect(answer.text == body)
        #expect(answer("content-range") == range)
        #expect(answer("content-length") == String(body.utf8.count))
    }

    @Test func `several ranges come in parts, each with its place`() throws {
        var server = Self.server()
        let answer = server.get(
            "/v2/app/blobs/" + TapeInHand.digest(Self.content), [FieldLine("Range", "bytes=1-2, -2")])
        #expect(answer.status == 206)
        let type = try #require(answer("content-type"))
        let boundary = try #require(type.split(separator: "=").last)
        #expect(type.hasPrefix("multipart/byteranges; boundary="))
        #expect(
            answer.text
                == "\r\n--\(boundary)\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes 1-2/10\r\n\r\n12"
                + "\r\n--\(boundary)\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes 8-9/10\r\n\r\n89"
                + "\r\n--\(boundary)--\r\n")
        #expect(answer("content-length") == String(answer.body.count))
    }

    @Test func `If-Range wants the whole of another content`() {
        var server = Self.server()
        let path = "/v2/app/blobs/" + TapeInHand.digest(Self.content)
        #expect(server.get(path, [FieldLine("Range", "bytes=1-"), FieldLine("If-Range", "\"e\"")]).status == 206)
        #expect(server.get(path, [FieldLine("Range", "bytes=1-"), FieldLine("If-Range", "\"f\"")]).status == 200)
    }

    @Test func `a recorded part is for its own range, a HEAD knows none`() {
        var tape = TapeInHand()
        tape.exchange(
            "GET", "/v2/app/blobs/" + TapeInHand.digest("unknown"), [FieldLine("Range", "bytes=0-1")], status: 206,
            ["Content-Range": "bytes 0-1/7"], answer: "un")
        var server = TestServer(index: tape.index)
        let path = "/v2/app/blobs/" + TapeInHand.digest("unknown")
        #expect(server.get(path, [FieldLine("Range", "bytes=0-1")]).text == "un")
        #expect(server.get(path, [FieldLine("Range", "bytes=2-3")]).status == 404)
        #expect(server.get(path, []).status == 404)
        var whole = Self.server()
        let head = whole.head(
            "/v2/app/blobs/" + TapeInHand.digest(Self.content), [FieldLine("Range", "bytes=1-2")])
        #expect(head.status == 200)
        #expect(head("content-length") == "10")
    }
}
