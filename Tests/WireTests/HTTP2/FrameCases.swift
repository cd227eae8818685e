/// Frames, settings and the preface as they should not be (RFC 9113 §3.4, §4, §6).
enum FrameCases {
    private static let asked = "1/1 request GET https://r.test/a\n1 request over\n"

    private static func after(_ steps: Step...) -> [Step] { HTTP2.opening + steps }

    static let all = [
        Conversation(
            "unknown frames are passed over",
            after(
                .client(HTTP2.frame(0xB, 0xFF, 1, [1, 2, 3]), HTTP2.get(1, "/a"), HTTP2.frame(0xFF, 0, 0, [])),
                .server(HTTP2.frame(0xC, 0, 0, [1]), HTTP2.headers(1, ":status: 204", end: true))),
            asked + "1 response 204\n1 response over\n1 done"),
        Conversation(
            "pings, windows and priorities are passed over",
            after(
                .client(
                    HTTP2.frame(6, 0, 0, Array(repeating: 0, count: 8)), HTTP2.frame(8, 0, 0, [0, 0, 0, 1]),
                    HTTP2.get(1, "/a"), HTTP2.frame(2, 0, 1, [0, 0, 0, 0, 1]), HTTP2.frame(8, 0, 1, [0, 0, 0, 1]))),
            asked + "1 failed gone (client)"),
        Conversation(
            "the reserved bit of a stream is ignored",
            after(.client([UInt8](HTTP2.get(1, "/a").prefix(5)) + [0x80] + HTTP2.get(1, "/a").dropFirst(6))),
            asked + "1 failed gone (client)"),
        Conversation(
            "the server sends its settings first", [.server(HTTP2.settings), .client(HTTP2.preface, HTTP2.settings)], ""
        ),
        Conversation(
            "content that the server sends before the preface is nobody's",
            [
                .server(HTTP2.settings, HTTP2.headers(1, ":status: 200"), HTTP2.data(1, "hello", end: true)),
                .client(HTTP2.preface, HTTP2.settings, HTTP2.get(1, "/a")),
            ],
            "odd server headers-on-idle-stream\nodd server data-on-idle-stream\n" + asked + "1 failed gone (client)"),
        Conversation(
            "a client without settings", [.client(HTTP2.preface, HTTP2.get(1, "/a"))],
            "odd client bad-preface\nopaque bad-preface"),
        Conversation(
            "a server that answers the preface in HTTP/1",
            [
                .client(HTTP2.preface, HTTP2.settings, HTTP2.get(1, "/a")),
                .server("HTTP/1.1 400 Bad Request", "Content-Length: 0", "", ""),
            ],
            asked + "odd server bad-preface\n1 failed bad-preface (registry)\nopaque bad-preface"),
        Conversation(
            "a preface that is none", [.client("PRI * HTTP/2.0", "", "XX", "", "")],
            "odd client bad-request-line\nopaque bad-request-line"),
        Conversation(
            "settings of five octets", after(.server(HTTP2.frame(4, 0, 0, [0, 1, 0, 0, 0]))), "odd server bad-frame"),
        Conversation(
            "settings on a stream", after(.server(HTTP2.frame(4, 0, 1, []))), "odd server bad-frame"),
        Conversation(
            "an acknowledgement with content", after(.server(HTTP2.frame(4, 1, 0, [0, 1, 0, 0, 0, 0]))),
            "odd server bad-frame"),
        Conversation(
            "a farewell of four octets", after(.server(HTTP2.frame(7, 0, 0, [0, 0, 0, 0]))), "odd server bad-frame"),
        Conversation(
            "a header block that is interrupted",
            after(
                .client(
                    HTTP2.headers(1, ":method: GET", endHeaders: false), HTTP2.frame(6, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]))
            ),
            "odd client interrupted-header-block\nopaque interrupted-header-block"),
        Conversation(
            "a header block that goes on with another stream",
            after(.client(HTTP2.headers(1, ":method: GET", endHeaders: false), HTTP2.continuation(3, ":path: /a"))),
            "odd client interrupted-header-block\nopaque interrupted-header-block"),
        Conversation(
            "a continuation of nothing", after(.client(HTTP2.continuation(1, "x-a: 1"))),
            "odd client bad-header-block\nopaque bad-header-block"),
        Conversation(
            "continuations without end",
            after(
                .client(
                    HTTP2.headers(1, ":method: GET", endHeaders: false),
                    flood(HTTP2.continuation(1, "x-a: 1", endHeaders: false)))),
            "odd client bad-header-block\nopaque bad-header-block"),
        Conversation(
            "a header block beyond its limit",
            after(
                .client(
                    HTTP2.headers(1, ":method: GET", endHeaders: false),
                    flood(HTTP2.frame(9, 0, 1, Array(repeating: 0, count: 16_384)), 17))),
            "odd client bad-header-block\nopaque bad-header-block"),
        Conversation(
            "a header block of 64 MB in 4 KB",
            after(.client(HTTP2.frame(1, 5, 1, bomb))), "odd client bad-header-block\nopaque bad-header-block"),
        Conversation(
            "a header block that is garbage, with an exchange open",
            after(.client(HTTP2.get(1, "/a")), .server(HTTP2.frame(1, 4, 1, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF]))),
            asked + "odd server bad-header-block\n1 failed bad-header-block (registry)\nopaque bad-header-block"),
        Conversation(
            "more padding than content", after(.client(HTTP2.put(1, "/a"), HTTP2.frame(0, 8, 1, [4, 1, 2, 3]))),
            "1/1 request PUT https://r.test/a\nodd client bad-padding\n1 failed bad-padding (client)\nopaque bad-padding"
        ),
        Conversation(
            "a padded frame that is empty", after(.client(HTTP2.put(1, "/a"), HTTP2.frame(0, 8, 1, []))),
            "1/1 request PUT https://r.test/a\nodd client bad-padding\n1 failed bad-padding (client)\nopaque bad-padding"
        ),
        Conversation(
            "more padding than header block", after(.client(HTTP2.frame(1, 0xC, 1, [200, 0x82]))),
            "odd client bad-header-block\nopaque bad-header-block"),
        Conversation(
            "a header frame too large to hold", after(.client([4, 0, 1, 1, 4, 0, 0, 0, 1])),
            "odd client frame-too-large\nopaque frame-too-large"),
        Conversation(
            "one anomaly of a kind is not told for ever",
            after(.client(flood(HTTP2.reset(5, 8)))),
            Array(repeating: "odd client reset-of-idle-stream", count: 16).joined(separator: "\n")),
        Conversation(
            "requests that are reset at once leave nothing behind", after(.client(rapidResets)), rapidResetsSaid),
    ]

    private static let rapidResets: [UInt8] = (0..<100).flatMap { (index: UInt32) -> [UInt8] in
        let stream = 2 * index + 1
        return HTTP2.get(stream, "/a") + HTTP2.reset(stream, 8)
    }
    private static let rapidResetsSaid: String = (1...100).map { (number: Int) -> String in
        "\(number)/\(2 * number - 1) request GET https://r.test/a\n\(number) request over\n"
            + "\(number) failed stream-reset (client)"
    }.joined(separator: "\n")

    private static func flood(_ frame: [UInt8], _ count: Int = 100) -> [UInt8] { (0..<count).flatMap { _ in frame } }

    /// One field of 4 KB put into the table and then named thousands of times (CVE-2016-6581).
    private static let bomb: [UInt8] = {
        let field: [UInt8] = [0x40, 1, 0x78, 0x7F, 0x80, 0x1E] + [UInt8](repeating: 0x61, count: 3_967)
        return field + [UInt8](repeating: 0xBE, count: 4_096)
    }()
}
