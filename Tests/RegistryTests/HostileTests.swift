import Registry
import TapeModel
import TestSupport
import Testing

/// What a stranger's tape may hold: nothing of it traps, and nothing of it takes longer than its length.
struct HostileTests {
    static let huge = String(repeating: "a=\"%,;<", count: 10 << 20 / 7)
    static let odd = [
        "", " ", "\0", "\0\0a\0", "%", "%%%", "%g1", "\u{FFFD}", "\u{202E}", "‹", "›", "‹:›", "‹a:›", "‹bearer:1", ":",
        "::", "=", "==", "\"", "\\",
        "<", ">", "/", "//", "///", "?", "#", "@", "[", "]", "[::1", "9223372036854775807", "-9223372036854775808",
        "99999999999999999999999999", "-1", "1e999", "0-", "-0", "bytes=-", "bytes 0-0/0",
        "bytes=9223372036854775807-9223372036854775807",
        "0-9223372036854775807", "a:b:c:d", "repository::", "Bearer", "Bearer ", "Basic  ", "eyJ.eyJ.", "eyJ..",
        "https://", "https://:0/", "http://[",
        "http://a:99999/", "..", "../../../../..", "Sun, 99 Zzz 9999 99:99:99 GMT", ";w=", ";w=x", ";;;", "rel=next",
        "<>;rel=next",
    ]
    static let names = [
        "WWW-Authenticate", "Proxy-Authenticate", "Authorization", "Location", "Link", "Range", "Content-Range",
        "User-Agent", "Date",
        "Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "Content-Type", "Content-Encoding", "Server", "Host",
        "x-ms-error-code",
    ]
    static let methods: [(String, String)] = [
        ("GET", "https://r.example/v2/app/manifests/1"), ("GET", "https://r.example/v2/app/tags/list"),
        ("GET", "https://r.example/token"),
        ("POST", "https://r.example/token"), ("POST", "https://r.example/v2/app/blobs/uploads/"),
        ("PATCH", "https://r.example/v2/app/blobs/uploads/1"),
        ("PUT", "https://r.example/v2/app/manifests/1"), ("CONNECT", "r.example:443"),
    ]

    private func exchange(
        _ method: String, _ url: String, _ fields: [FieldLine], _ content: String, _ status: Int, connection: Int = 1
    ) -> Exchange {
        let body = Body(length: .max, sha256: "zz", stored: .inline, text: content)
        var timing = Timing()
        (timing.send, timing.wait, timing.receive) = (.max, .max, .min)
        return Exchange(
            connection: connection, stream: .max, source: .imported, started: Instant(microseconds: .max),
            timing: timing,
            request: .init(head: RequestHead(method: method, url: url, version: "", fields: fields), body: body),
            response: .init(head: ResponseHead(status: status, reason: "", version: "", fields: fields), body: body))
    }

    @Test(arguments: [200, 202, 307, 401, 407, 500, -1, .max])
    func `odd values in every field are read or left alone`(status: Int) {
        var decoder = TraceDecoder()
        var seq: Int64 = 0
        for (method, url) in Self.methods {
            for value in Self.odd {
                seq += 1
                let exchange = exchange(method, url, Self.names.map { FieldLine($0, value) }, value, status)
                _ = decoder.wanted(for: exchange)
                #expect(decoder.handle(.exchange(exchange), seq: seq, contents: .init()).count == 1)
            }
        }
        #expect(decoder.summary.exchanges == Self.methods.count * Self.odd.count)
        _ = decoder.finish()
    }

    @Test(
        arguments: odd + [
            huge, "https://h/" + huge, "https://h/v2/" + String(repeating: "a/", count: 1 << 20),
            "https://h?" + String(repeating: "&", count: 1 << 20),
        ])
    func `an odd URL is decoded as something`(url: String) {
        var decoder = TraceDecoder()
        for method in ["GET", "PATCH", "CONNECT", "", "\0"] {
            let exchange = exchange(method, url, [FieldLine("Location", url)], "", 307)
            #expect(decoder.handle(.exchange(exchange), seq: 1, contents: .init()).count == 1)
        }
        #expect(decoder.summary.exchanges == 5)
    }

    @Test(arguments: names)
    func `a field of ten MiB costs no more than to pass it over`(name: String) {
        var decoder = TraceDecoder()
        for status in [200, 307, 401] {
            for (method, url) in Self.methods.prefix(3) {
                let exchange = exchange(method, url, [FieldLine(name, Self.huge)], "", status)
                _ = decoder.handle(.exchange(exchange), seq: 1, contents: .init())
            }
        }
        #expect(decoder.summary.exchanges == 9)
    }

    @Test func `contents of any octets are read as something`() {
        var generator = SeededGenerator(seed: 20_261_125)
        let seeds = [
            "{\"errors\":[{\"code\":\"\\ud800\",\"message\":\"\\u0000\",\"detail\":{\"a\":[1e999]}}]}",
            "<Error><Code>&#xD800;&#x110000;&#0;</Code></Error>",
            "<!DOCTYPE html><title>&#xFFFFFFFF;</title><script><!--",
            "{\"token\":\"eyJhIjoxfQ.eyJleHAiOjFlOTk5fQ.x\",\"expires_in\":1e999,\"issued_at\":\"9999-99-99\"}",
            "{\"schemaVersion\":2,\"layers\":[{\"digest\":\"sha256:\",\"size\":-9223372036854775809}],\"manifests\":{}}",
            "{\"tags\":[\"a\"],\"name\":null}", "grant_type=&scope=%&scope=a:b:c%00&password",
        ].map { Array($0.utf8) }
        var decoder = TraceDecoder()
        for round in 0..<4_000 {
            var content = seeds[round % seeds.count]
            for _ in 0...(round % 7) {
                let place = Int.random(in: 0..<content.count, using: &generator)
                switch round % 3 {
                case 0: content[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: content.removeSubrange(place..<min(content.count, place + 3))
                default: content.insert(contentsOf: content[place...].prefix(9), at: place)
                }
                if content.isEmpty { content = [0] }
            }
            let (method, url) = Self.methods[round % Self.methods.count]
            let exchange = exchange(method, url, [], "", [200, 400, 500][round % 3])
            let events = decoder.handle(
                .exchange(exchange), seq: Int64(round), contents: .init(request: content, response: content))
            #expect(events.count == 1)
        }
    }

    @Test func `what is beyond a list's limit is counted`() {
        var trace = Trace()
        for index in 0..<1_500 {
            trace.userAgent = "client/\(index)"
            trace.exchange(
                "GET", "https://h\(index).example/v2/app/blobs/\(Digest.of("1"))", status: 307,
                ["Location": "https://s.example/\(index)"])
        }
        let summary = trace.summary
        #expect(summary.workflows.count == 500)
        #expect(summary.omitted["workflows"] == 1_000)
        #expect(summary.redirects.count == 1_000)
        #expect(summary.omitted["redirects"] == 500)
        #expect(summary.hosts.count == 512)
        #expect(summary.omitted["hosts"] ?? 0 > 0)
        #expect(summary.exchanges == 1_500)
    }
}
