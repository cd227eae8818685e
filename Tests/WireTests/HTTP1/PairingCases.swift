/// Which answer belongs to which request, and what comes between and behind them (RFC 9112 §9.3).
enum PairingCases {
    private static let put = "1 request PUT https://r.test/a\n"
    private static let asked = "1 request GET https://r.test/a\n1 request over\n"

    static let all = [
        Conversation(
            "three pipelined requests are answered in order",
            [
                .get("/a"), .get("/b"), .get("/c"), .server("HTTP/1.1 200 OK", "Content-Length: 1", "", "a"),
                .server("HTTP/1.1 404 Not Found", "Content-Length: 1", "", "b"), .server("HTTP/1.1 204 No", "", ""),
            ],
            asked + "2 request GET https://r.test/b\n2 request over\n3 request GET https://r.test/c\n3 request over\n"
                + "1 response 200\n1 response over: a\n1 done\n2 response 404\n2 response over: b\n2 done\n"
                + "3 response 204\n3 response over\n3 done"),
        Conversation(
            "interim answers come before the final one",
            [
                .client("PUT /a HTTP/1.1", "Host: r.test", "Content-Length: 3", "Expect: 100-continue", "", ""),
                .server("HTTP/1.1 100 Continue", "", ""), .client("abc"),
                .server(
                    "HTTP/1.1 103 Early Hints", "X-Link: x", "", "HTTP/1.1 201 Created", "Content-Length: 0", "", ""),
            ],
            put
                + "1 interim 100\n1 request over: abc\n1 interim 103 {X-Link: x}\n1 response 201\n1 response over\n1 done"
        ),
        Conversation(
            "an interim answer has no content even with a length",
            [
                .get("/a"),
                .server("HTTP/1.1 102 Processing", "Content-Length: 5", "", "HTTP/1.1 204 No Content", "", ""),
            ],
            asked + "1 interim 102\n1 response 204\n1 response over\n1 done"),
        Conversation(
            "the seventeenth interim answer is one too many",
            [
                .get("/a"),
                .server(Array(repeating: "HTTP/1.1 103 Early Hints\r\n\r\n", count: 17).joined()),
                .server("HTTP/1.1 204 No Content", "", ""),
            ],
            asked + String(repeating: "1 interim 103\n", count: 16)
                + "1 odd server many-interim-responses\n1 response 204\n1 response over\n1 done"),
        Conversation(
            "an interim answer to nothing is passed over",
            [.server("HTTP/1.1 100 Continue", "", ""), .get("/a"), .server("HTTP/1.1 204 No Content", "", "")],
            "odd server unasked-response\n" + asked + "1 response 204\n1 response over\n1 done"),
        Conversation(
            "an expectation is refused and the content never sent",
            [
                .client("PUT /a HTTP/1.1", "Host: r.test", "Content-Length: 3", "Expect: 100-continue", "", ""),
                .server("HTTP/1.1 417 Expectation Failed", "Content-Length: 0", "", ""), .clientEnds,
            ], put + "1 response 417\n1 response over\n1 done"),
        Conversation(
            "an expectation is refused and the content sent all the same",
            [
                .client("PUT /a HTTP/1.1", "Host: r.test", "Content-Length: 3", "Expect: 100-continue", "", ""),
                .server("HTTP/1.1 401 Unauthorized", "Content-Length: 0", "", ""),
                .client("abcGET /b HTTP/1.1", "Host: r.test", "", ""), .server("HTTP/1.1 204 No Content", "", ""),
            ],
            put + "1 response 401\n1 response over\n1 request over: abc\n1 done\n2 request GET https://r.test/b\n"
                + "2 request over\n2 response 204\n2 response over\n2 done"),
        Conversation(
            "an early answer, and the server closes",
            [
                .client("PUT /a HTTP/1.1", "Host: r.test", "Content-Length: 9", "", "abc"),
                .server("HTTP/1.1 413 Content Too Large", "Content-Length: 3", "", "no!"), .serverEnds,
                .client("def"),
            ], put + "1 response 413\n1 response over: no!\n1 done"),
        Conversation(
            "an early answer without length, ended by the server's end",
            [
                .client("PUT /a HTTP/1.1", "Host: r.test", "Content-Length: 9", "", "abc"),
                .server("HTTP/1.1 413 Content Too Large", "", "no!"), .client("de"), .serverEnds,
            ], put + "1 response 413\n1 response over: no!\n1 done"),
        Conversation(
            "a second answer to a request that is still being sent is unasked",
            [
                .client("PUT /a HTTP/1.1", "Host: r.test", "Content-Length: 9", "", "abc"),
                .server("HTTP/1.1 401 Unauthorized", "Content-Length: 0", "", ""),
                .server("HTTP/1.1 200 OK", "Content-Length: 0", "", ""),
            ],
            put + "1 response 401\n1 response over\nodd server unasked-response\n1 done\n"
                + "opaque a response without a request"),
        Conversation(
            "an answer to a head that is not complete",
            [
                .client("GET /a HTTP/1.1", "X-Slow: 1"),
                .server("HTTP/1.1 408 Request Timeout", "Content-Length: 0", "", ""),
            ],
            "odd client unfinished-head\nodd server unasked-response\nopaque a response without a request"),
        Conversation(
            "an answer before the client says a word",
            [.server("HTTP/1.1 408 Request Timeout", "Content-Length: 0", "", ""), .get("/a")],
            "odd server unasked-response\nopaque a response without a request"),
        Conversation(
            "an answer to a client that never said a word",
            [.server("HTTP/1.1 408 Request Timeout", "Content-Length: 0", "", ""), .serverEnds],
            "odd server unasked-response\nopaque a response without a request"),
        Conversation(
            "content that comes before its request is nobody's",
            [.server("HTTP/1.1 200 OK", "Content-Length: 5", "", "hello"), .get("/a")],
            "odd server unasked-response\nopaque a response without a request"),
        Conversation(
            "octets behind a response",
            [.get("/a"), .server("HTTP/1.1 200 OK", "Content-Length: 2", "", "{}\u{0}\u{1}garbage\r\n")],
            asked + "1 response 200\n1 response over: {}\n1 done\nodd server unasked-octets\n"
                + "opaque octets without a request"),
        Conversation(
            "a request line that is none, behind a request",
            [
                .get("/a"), .client("nonsense", ""), .server("HTTP/1.1 204 No Content", "", ""),
                .server("HTTP/1.1 400 Bad Request", "", ""),
            ],
            asked + "odd client bad-request-line\n1 response 204\n1 response over\n1 done\nopaque bad-request-line"),
        Conversation(
            "more requests wait than anybody pipelines",
            [.client(String(repeating: "OPTIONS * HTTP/1.0\r\n\r\n", count: 1_025)), .serverEnds],
            (1...1_024).map { "\($0) request OPTIONS https://r.test HTTP/1.0\n\($0) request over\n" }.joined()
                + "odd client too-many-waiting\n"
                + (1...1_024).map { "\($0) failed closed-early (network)" }.joined(separator: "\n")),
    ]
}
