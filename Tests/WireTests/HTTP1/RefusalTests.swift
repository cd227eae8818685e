import TapeModel
import Testing
import Wire

/// What a reader that stands between two parties must never pass on (RELIABILITY.md S1 to S7).
struct RefusalTests {
    @Test(arguments: [
        "Content-Length: 3\r\nTransfer-Encoding: chunked", "Content-Length: 3\r\nContent-Length: 3",
        "Content-Length: 3\r\nContent-Length: 4", "Content-Length: +5", "Content-Length: 0x5", "Content-Length: 5,5",
        "Content-Length:", "Content-Length: -1", "Content-Length: 9223372036854775808",
        "Content-Length: 18446744073709551616", "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: ,chunked", "Transfer-Encoding: identity",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding : chunked", "X: a\r\n b", " X: a", "X : a", ": a", "X: a\u{0}b", "X\u{1}: a", "X: a\nY: b",
        "X: a\rb", "Host: other.test", "no colon",
        "Transfer-Encoding: gzip, chunked", "Content-Length: 5, 5", "Transfer-Encoding: chunked\r\nContent-Length: 3",
    ])
    func `an ambiguous request is refused`(fields: String) {
        var reader = MessageReader(kind: .request, strictness: .refusing)
        #expect(throws: MessageRefusal.self) {
            var parts: [MessagePart] = []
            let octets = Array("POST / HTTP/1.1\r\nHost: r.test\r\n\(fields)\r\n\r\n".utf8)
            _ = try reader.read(octets.span, at: Instant(microseconds: 0), into: &parts)
        }
    }

    @Test(arguments: [
        "0x1\r\na\r\n", "1_0\r\n", "+1\r\na\r\n", "-1\r\n", "11111111111111111\r\n", " 1\r\na\r\n", "1\na\n", "1\r\nab",
    ])
    func `an odd chunk is refused`(chunk: String) {
        var reader = MessageReader(kind: .request, strictness: .refusing)
        #expect(throws: MessageRefusal.self) {
            let octets = Array("POST / HTTP/1.1\r\nHost: r.test\r\nTransfer-Encoding: chunked\r\n\r\n\(chunk)".utf8)
            var start = 0
            var parts: [MessagePart] = []
            while start < octets.count {
                start += try reader.read(Array(octets[start...]).span, at: Instant(microseconds: 0), into: &parts)
            }
        }
    }

    @Test func `a plain request is read`() throws {
        var reader = MessageReader(kind: .request, strictness: .refusing)
        var parts: [MessagePart] = []
        let octets = Array("POST / HTTP/1.1\r\nHost: r.test\r\nContent-Length: 3\r\n\r\nabcGET".utf8)
        let count = try reader.read(octets.span, at: Instant(microseconds: 0), into: &parts)
        #expect(count == octets.count - 3)
        #expect(parts.last == .end)
    }
}
