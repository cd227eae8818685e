import TapeModel
import Testing

/// Octets of malformed messages, as anomalies keep them.
struct RawCanaryTests {
    @Test(arguments: [
        "GET /a?sig=canary HTTP/1.1\r\nX-Secret: canary\r\nAuthorization: Bearer canary-token\r\n",
        "GET / HTTP/1.1\r\nAuthorization: Bearer\r\n canary-folded\r\n\tcanary-folded\r\n",
        "GET / HTTP/1.1\rAuthorization: canary\r\r", "Authorization : Bearer canary", "Authorization Bearer canary",
        " canary", "canary", "canary: canary\u{0}", "X-A: a\nHost: r\rAuthorization: canary", "GET /a canary HTTP/1.1",
        "GET canary\u{1} HTTP/1.1", "GET http://u:canary@r/ HTTP/1.1", "HTTP/1.1 401 token=canary", "\u{0}\u{1}canary",
        "POST /#canary HTTP/1.1", "Host: u:canary@r.test//u:canary@r.test", "5;ext=canary", "{\"token\":\"canary\"}",
    ])
    func `a malformed head keeps its names only`(text: String) {
        // A field name is no secret; it is what tells a reader which field was at fault.
        let text = text.hasPrefix("canary:") ? String(text.dropFirst(6)) : text
        Canary.expectClean(String(decoding: Canary.redactor().redact(raw: Array(text.utf8)), as: UTF8.self), text)
    }

    @Test(arguments: [
        "GET /v2/a HTTP/1.1\r\nHost: r.test\r\nContent-Length: 5\r\nContent-Length: +6\r\n", "1z", "FFFF\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity",
    ])
    func `what is at fault can be read`(text: String) {
        let kept = String(decoding: Canary.redactor().redact(raw: Array(text.utf8)), as: UTF8.self)
        if text == "1z" { return #expect(kept.hasPrefix("‹line:")) }
        #expect(kept == text)
    }

    @Test func `the name of a field that is masked stays`() {
        let kept = Canary.redactor().redact(raw: Array("GET / HTTP/1.1\r\nX-Odd : a\r\nX-Secret: b\r\n".utf8))
        let text = String(decoding: kept, as: UTF8.self)
        #expect(text.contains("X-Odd :") && text.contains("X-Secret:"))
    }
}
