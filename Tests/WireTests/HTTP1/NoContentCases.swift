/// Answers that have no content whatever their fields say (RFC 9112 §6.3, RELIABILITY S16).
enum NoContentCases {
    private static let next = "2 response 204\n2 response over\n2 done"

    /// Each with a second exchange behind it, which is misread where the first one's end is.
    static let all = [
        Conversation(
            "an answer to HEAD has a length and no content",
            [
                .client("HEAD /a HTTP/1.1", "Host: r.test", "", ""), .get("/b"),
                .server("HTTP/1.1 200 OK", "Content-Length: 9", "", "HTTP/1.1 204 No Content", "", ""),
            ],
            "1 request HEAD https://r.test/a\n1 request over\n2 request GET https://r.test/b\n2 request over\n"
                + "1 response 200\n1 response over\n1 done\n" + next),
        Conversation(
            "an answer to HEAD has a coding and no content",
            [
                .client("HEAD /a HTTP/1.1", "Host: r.test", "", ""), .get("/b"),
                .server("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "", "HTTP/1.1 204 No Content", "", ""),
            ],
            "1 request HEAD https://r.test/a\n1 request over\n2 request GET https://r.test/b\n2 request over\n"
                + "1 response 200\n1 response over\n1 done\n" + next),
        Conversation(
            "an answer to HEAD with two lengths ends with its head all the same",
            [
                .client("HEAD /a HTTP/1.1", "Host: r.test", "", ""), .get("/b"),
                .server(
                    "HTTP/1.1 200 OK", "Content-Length: 9", "Content-Length: 8", "", "HTTP/1.1 204 No Content", "", ""),
            ],
            "1 request HEAD https://r.test/a\n1 request over\n2 request GET https://r.test/b\n2 request over\n"
                + "1 response 200\n1 odd server conflicting-content-length\n1 response over\n1 done\n" + next),
        Conversation(
            "304 has the length of what was not sent",
            [
                .get("/a"), .get("/b"),
                .server("HTTP/1.1 304 Not Modified", "Content-Length: 9", "", "HTTP/1.1 204 No Content", "", ""),
            ], both("304") + next),
        Conversation(
            "204 with a length has no content",
            [
                .get("/a"), .get("/b"),
                .server("HTTP/1.1 204 No Content", "Content-Length: 9", "", "HTTP/1.1 204 No Content", "", ""),
            ], both("204") + next),
        Conversation(
            "204 with a coding has no content",
            [
                .get("/a"), .get("/b"),
                .server("HTTP/1.1 204 No Content", "Transfer-Encoding: chunked", "", "HTTP/1.1 204 No", "", ""),
            ], both("204") + next),
        Conversation(
            "content behind a 204 is no response to anything",
            [.get("/a"), .server("HTTP/1.1 204 No Content", "Content-Length: 2", "", "{}\r\n")],
            "1 request GET https://r.test/a\n1 request over\n1 response 204\n1 response over\n1 done\n"
                + "odd server unasked-octets\nopaque octets without a request"),
        Conversation(
            "205 has content like any other",
            [.get("/a"), .server("HTTP/1.1 205 Reset Content", "Content-Length: 2", "", "{}")],
            "1 request GET https://r.test/a\n1 request over\n1 response 205\n1 response over: {}\n1 done"),
    ]

    private static func both(_ status: String) -> String {
        "1 request GET https://r.test/a\n1 request over\n2 request GET https://r.test/b\n2 request over\n"
            + "1 response \(status)\n1 response over\n1 done\n"
    }
}
