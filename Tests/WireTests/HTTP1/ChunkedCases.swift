/// Chunked bodies and their trailers (RFC 9112 §7.1).
enum ChunkedCases {
    private static let head = "1 request GET https://r.test/a\n1 request over\n1 response 200\n"
    private static let broken = head + "1 odd server bad-chunk\n1 failed bad-chunk (registry)"

    private static func chunked(_ rest: String) -> [Step] {
        [.get("/a"), .server("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "", rest)]
    }

    static let all = [
        Conversation(
            "chunks are joined", chunked("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), head + "1 response over: abcde\n1 done"),
        Conversation("no chunk is no content", chunked("0\r\n\r\n"), head + "1 response over\n1 done"),
        Conversation(
            "trailers stay trailers", chunked("1\r\na\r\n0\r\nX-Sum: 7\r\nX-More: 8\r\n\r\n"),
            head + "1 response trailers {X-Sum: 7; X-More: 8}\n1 response over: a\n1 done"),
        Conversation(
            "a length in the trailers changes nothing", chunked("1\r\na\r\n0\r\nContent-Length: 9\r\n\r\n"),
            head + "1 response trailers\n1 odd server framing-in-trailers\n1 response over: a\n1 done"),
        Conversation(
            "extensions are passed over", chunked("3;x=y;z=\"q\"\r\nabc\r\n0;last\r\n\r\n"),
            head + "1 response over: abc\n1 done"),
        Conversation(
            "sizes have zeros and capitals", chunked("000A\r\n0123456789\r\n00\r\n\r\n"),
            head + "1 response over: 0123456789\n1 done"),
        Conversation(
            "a size with blanks behind it is a size", chunked("3  \r\nabc\r\n0\r\n\r\n"),
            head + "1 odd server padded-chunk-size\n1 response over: abc\n1 done"),
        Conversation("a chunk that is longer than its size", chunked("3\r\nabcd"), broken + ": abc\nopaque bad-chunk"),
        Conversation("a chunk line that ends in LF", chunked("3\nabc\n0\n\n"), broken + "\nopaque bad-chunk"),
        Conversation("a size of seventeen digits", chunked("00000000000000003\r\n"), broken + "\nopaque bad-chunk"),
        Conversation("a size of no digits", chunked("\r\nabc"), broken + "\nopaque bad-chunk"),
        Conversation("a size with a prefix", chunked("0x3\r\nabc"), broken + "\nopaque bad-chunk"),
        Conversation(
            "an extension without end", chunked("3;" + String(repeating: "x", count: 5_000)),
            broken + "\nopaque bad-chunk"),
        Conversation(
            "a chunked request, with the next one behind it",
            [
                .client("PUT /a HTTP/1.1", "Host: r.test", "Transfer-Encoding: chunked", "", "2", "{}", "0", "", ""),
                .get("/b"), .server("HTTP/1.1 201 Created", "Content-Length: 0", "", ""),
                .server("HTTP/1.1 200 OK", "Content-Length: 1", "", "b"),
            ],
            "1 request PUT https://r.test/a\n1 request over: {}\n2 request GET https://r.test/b\n2 request over\n"
                + "1 response 201\n1 response over\n1 done\n2 response 200\n2 response over: b\n2 done"),
        Conversation(
            "a chunked body that is cut", chunked("5\r\nab") + [.serverEnds],
            head + "1 failed closed-early (network): ab"),
        Conversation(
            "a chunked body that is cut before its last line", chunked("2\r\nab\r\n0\r\n") + [.serverEnds],
            head + "1 failed closed-early (network): ab"),
    ]
}
