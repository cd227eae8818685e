/// Field lines and start lines as they should not be (RFC 9112 §2.2, §3, §5).
enum FieldCases {
    private static let asked = "1 request GET https://r.test/a\n1 request over\n"
    private static let done = "1 response over\n1 done"

    private static func answer(_ lines: String...) -> [Step] {
        [.get("/a"), .server(Array((lines.joined(separator: "\r\n")).utf8))]
    }

    static let all = [
        Conversation(
            "a folded line is one line",
            answer("HTTP/1.1 200 OK", "X-A: one", " \t two", "Content-Length: 0", "", ""),
            asked + "1 response 200 {X-A: one two}\n1 odd server folded-field\n" + done),
        Conversation(
            "a folded line of the framing is ambiguous",
            answer("HTTP/1.1 200 OK", "Transfer-Encoding:", " chunked", "", "0", "", ""),
            asked + "1 response 200\n1 odd server folded-field\n1 odd server disguised-framing\n"
                + "1 failed disguised-framing (registry)\nopaque disguised-framing"),
        Conversation(
            "a length with a blank before its colon is ambiguous",
            answer("HTTP/1.1 200 OK", "Content-Length : 2", "", "{}"),
            asked + "1 response 200\n1 odd server space-before-colon\n1 odd server disguised-framing\n"
                + "1 failed disguised-framing (registry)\nopaque disguised-framing"),
        Conversation(
            "a length behind a bare CR is ambiguous",
            answer("HTTP/1.1 200 OK", "X-A: b\rContent-Length: 2", "", "{}"),
            asked + "1 response 200 {X-A: b\rContent-Length: 2}\n1 odd server bare-carriage-return\n"
                + "1 odd server disguised-framing\n1 failed disguised-framing (registry)\nopaque disguised-framing"),
        Conversation(
            "lines that end in LF are lines",
            [.get("/a"), .server("HTTP/1.1 200 OK\nX-A: 1\nContent-Length: 2\n\n{}")],
            asked + "1 response 200 {X-A: 1}\n1 odd server bare-line-feed\n1 odd server bare-line-feed\n"
                + "1 odd server bare-line-feed\n1 odd server bare-line-feed\n1 response over: {}\n1 done"),
        Conversation(
            "a line without colon is passed over", answer("HTTP/1.1 200 OK", "nonsense", "Content-Length: 0", "", ""),
            asked + "1 response 200\n1 odd server field-without-colon\n" + done),
        Conversation(
            "a field without name", answer("HTTP/1.1 200 OK", ": x", "Content-Length: 0", "", ""),
            asked + "1 response 200\n1 odd server empty-field-name\n" + done),
        Conversation(
            "a field name with blanks inside", answer("HTTP/1.1 200 OK", "X A: 1", "Content-Length: 0", "", ""),
            asked + "1 response 200 {X A: 1}\n1 odd server bad-field-name\n" + done),
        Conversation(
            "a control octet in a value", answer("HTTP/1.1 200 OK", "X-A: a\u{1}b", "Content-Length: 0", "", ""),
            asked + "1 response 200 {X-A: a\u{1}b}\n1 odd server bad-field-value\n" + done),
        Conversation(
            "a value in UTF-8 is no anomaly", answer("HTTP/1.1 200 OK", "X-A: Zürich", "Content-Length: 0", "", ""),
            asked + "1 response 200 {X-A: Zürich}\n" + done),
        Conversation(
            "a value in ISO 8859-1 is read as such",
            [
                .get("/a"),
                .server(
                    Array("HTTP/1.1 200 OK\r\nX-A: Z".utf8) + [0xFC]
                        + Array("rich\r\nContent-Length: 0\r\n\r\n".utf8)),
            ],
            asked + "1 response 200 {X-A: Zürich}\n1 odd server field-not-utf8\n" + done),
        Conversation(
            "a reason with a control octet", answer("HTTP/1.1 200 O\u{7}K", "Content-Length: 0", "", ""),
            asked + "1 response 200\n1 odd server bad-reason\n" + done),
        Conversation(
            "a status line without reason", answer("HTTP/1.1 200", "Content-Length: 0", "", ""),
            asked + "1 response 200\n" + done),
        Conversation(
            "a status beyond the classes", answer("HTTP/1.1 999 Odd", "Content-Length: 0", "", ""),
            asked + "1 response 999\n" + done),
        Conversation(
            "an answer in ICY is no HTTP", answer("ICY 200 OK", "", ""),
            asked + "1 odd server bad-status-line\n1 failed bad-status-line (registry)\nopaque bad-status-line"),
        Conversation(
            "an answer without head, as of HTTP/0.9", answer("<html>", "</html>"),
            asked + "1 odd server bad-status-line\n1 failed bad-status-line (registry)\nopaque bad-status-line"),
        Conversation(
            "a version that does not exist yet", answer("HTTP/1.2 200 OK", "Content-Length: 0", "", ""),
            asked + "1 response 200 HTTP/1.2\n1 odd server bad-version\n" + done),
        Conversation(
            "a request of HTTP/0.9", [.client("GET /\r\n")], "odd client bad-request-line\nopaque bad-request-line"),
        Conversation(
            "an empty line before a request", [.client("", "", "GET /a HTTP/1.1", "Host: r.test", "", "")],
            asked + "1 failed gone (client)"),
        Conversation(
            "an empty line before a response",
            [.get("/a"), .server("\r\nHTTP/1.1 200 OK", "Content-Length: 0", "", "")],
            asked + "1 odd server empty-line\n1 response 200\n" + done),
        Conversation(
            "more fields than anybody sends",
            answer(
                "HTTP/1.1 200 OK", Array(repeating: "A: b", count: 300).joined(separator: "\r\n"), "Content-Length: 0",
                "", ""),
            asked + "1 response 200\n1 odd server too-many-fields\n" + done),
        Conversation(
            "a head without end is given up at its limit",
            answer("HTTP/1.1 200 OK", "A: " + String(repeating: "b", count: 262_200)),
            asked + "1 odd server head-too-large\n1 failed head-too-large (registry)\nopaque head-too-large"),
    ]
}
