import Interop
import TestSupport
import Testing

/// Text that is no transcript, or that means harm, is read or refused and never trapped on.
struct HostileTranscriptTests {
    private static let lines = [
        "> GET https://a.example/ HTTP/1.1", "> GET / HTTP/1.1", "> CONNECT a:443 HTTP/1.1", "> Host: a.example:99999",
        "> Host:",
        "> Host: [::1]:5000", ">", "> ", "< HTTP/1.1 200 OK", "< HTTP/1.1 100", "< HTTP/2 999 x", "<", "< A: b",
        "* at 2026-11-23T10:00:00Z",
        "* at 9999-12-31T23:59:59Z", "* took 999999999 ms",
        "* exchange 9007199254740991, connection 2147483647, 2026-11-23T10:00:00Z",
        "* exchange 9223372036854775807, connection 9223372036854775807, 2026-11-23T10:00:00Z",
        "* dns 0, connect 0, tls 0, send 281474976710655, wait 281474976710655, receive 281474976710655 microseconds",
        "* failed (network, x): y", "* failed (", "* connection to a:1 failed (registry, x): y",
        "* connection to [::1]:1 failed (registry, x)",
        "* closed by server", "* closed by client (network, x): y", "* anomaly (server, x): y",
        "* 9007199254740991 octets of content",
        "* 9223372036854775807 octets of content", "* Connected to a (1.2.3.4) port 443 (#0)",
        "* Connected to ::1 (::1) port 80 (#9999999999999999999)",
        "* Re-using existing connection #0 with host a", "* Re-using existing connection",
        "* SSL connection using a / b", "*  subject: x",
        "*  expire date: Foo 99 x y", "*  subjectAltName: host \"\" \"", "23:59:59.999999 > GET / HTTP/1.1",
        "00:00:00.000000 < HTTP/1.1 200",
        "99:99:99.999999 * x", "07:23:37.313576 [0-0] * x", "100 1 1 --:--:--0*", "--:--:--", "1 --:--:-- é <",
        "\r\r1 --:--:--\r> ", "{ [1 bytes data]", "body",
        "é\u{301}* Connection #0", "< Content-Length: -5", "< Content-Length: -9223372036854775808",
        "< Content-Length: 9223372036854775807", "< Content-Length: 99999999999999999999", "",
        "\u{0}\u{1B}[2J",
    ]

    @Test(arguments: 0..<64)
    func `lines in any order`(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        for _ in 0..<200 {
            let count = Int.random(in: 0...12, using: &generator)
            var text = (0..<count).map { _ in Self.lines.randomElement(using: &generator) ?? "" }.joined(
                separator: "\n")
            if Int.random(in: 0...3, using: &generator) == 0 {
                text.insert("\u{FFFD}", at: text.indices.randomElement(using: &generator) ?? text.startIndex)
            }
            guard let transcript = try? Transcript(parsing: text) else { continue }
            let numbers = transcript.entries.map(\.seq)
            #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count, "\(text)")
        }
    }
}
