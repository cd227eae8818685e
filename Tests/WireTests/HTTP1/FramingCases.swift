/// How long a message is (RFC 9112 §6), where that is beyond doubt and where it is not.
enum FramingCases {
    static let ok = "1 request GET https://r.test/a\n1 request over\n1 response 200\n"

    static let all = [
        Conversation(
            "a length is read to its last octet",
            [.get("/a"), .server("HTTP/1.1 200 OK", "Content-Length: 2", "", "{}")],
            ok + "1 response over: {}\n1 done"),
        Conversation(
            "a length of zero ends with the head",
            [.get("/a"), .server("HTTP/1.1 200 OK", "Content-Length: 0", "", "")], ok + "1 response over\n1 done"),
        Conversation(
            "a request without length has no content",
            [.client("POST /a HTTP/1.1", "Host: r.test", "", "")],
            "1 request POST https://r.test/a\n1 request over\n1 failed gone (client)"),
        Conversation(
            "an equal length said twice leaves no doubt",
            [.get("/a"), .server("HTTP/1.1 200 OK", "Content-Length: 2", "content-length: 2", "", "{}")],
            ok + "1 odd server repeated-content-length\n1 response over: {}\n1 done"),
        Conversation(
            "an equal length said twice in one line leaves no doubt",
            [.get("/a"), .server("HTTP/1.1 200 OK", "Content-Length: 2, 2", "", "{}")],
            ok + "1 odd server repeated-content-length\n1 response over: {}\n1 done"),
        Conversation(
            "an equal length said twice by a client leaves no doubt",
            [
                .client("PUT /a HTTP/1.1", "Host: r.test", "Content-Length: 2", "Content-Length: 2", "", "{}"),
                .server("HTTP/1.1 204 No Content", "", ""),
            ],
            "1 request PUT https://r.test/a\n1 odd client repeated-content-length\n1 request over: {}\n"
                + "1 response 204\n1 response over\n1 done"),
        Conversation(
            "two lengths that differ end the reading",
            [.get("/a"), .server("HTTP/1.1 200 OK", "Content-Length: 2", "Content-Length: 3", "", "{}")],
            ok + "1 odd server conflicting-content-length\n1 failed conflicting-content-length (registry)\n"
                + "opaque conflicting-content-length"),
        Conversation(
            "two lengths of a client that differ are told with the server's answer to them",
            [
                .client("PUT /a HTTP/1.1", "Host: r.test", "Content-Length: 2", "Content-Length: 3", "", "{}?"),
                .server("HTTP/1.1 400 Bad Request", "Content-Length: 3", "", "no!"),
            ],
            "1 request PUT https://r.test/a\n1 odd client conflicting-content-length\n1 response 400\n"
                + "1 response over: no!\n1 done\nopaque conflicting-content-length"),
        Conversation(
            "the coding wins over the length of a response",
            [
                .get("/a"),
                .server(
                    "HTTP/1.1 200 OK", "Content-Length: 9", "Transfer-Encoding: chunked", "", "2", "{}", "0", "", ""),
            ],
            ok + "1 odd server conflicting-framing\n1 response over: {}\n1 done"),
        Conversation(
            "a request with length and coding is followed no further than its answer",
            [
                .client(
                    "POST /a HTTP/1.1", "Host: r.test", "Content-Length: 5", "Transfer-Encoding: chunked", "", "0", "",
                    "GET /smuggled HTTP/1.1", "", ""),
                .server("HTTP/1.1 400 Bad Request", "Content-Length: 0", "", ""),
            ],
            "1 request POST https://r.test/a\n1 odd client conflicting-framing\n1 response 400\n1 response over\n"
                + "1 done\nopaque conflicting-framing"),
        Conversation(
            "an ambiguous request that is never answered failed for that reason",
            [
                .client("POST /a HTTP/1.1", "Host: r.test", "Content-Length: 5", "Transfer-Encoding: chunked", "", ""),
                .serverEnds,
            ],
            "1 request POST https://r.test/a\n1 odd client conflicting-framing\n1 failed conflicting-framing (client)"),
        Conversation(
            "gzip beneath chunked is chunked",
            [
                .get("/a"),
                .server("HTTP/1.1 200 OK", "Transfer-Encoding: gzip, chunked", "", "2", "{}", "0", "", ""),
            ],
            ok + "1 odd server bad-transfer-encoding\n1 response over: {}\n1 done"),
        Conversation(
            "a response in gzip alone lasts until the server ends",
            [.get("/a"), .server("HTTP/1.1 200 OK", "Transfer-Encoding: gzip", "", "{}"), .serverEnds],
            ok + "1 odd server bad-transfer-encoding\n1 response over: {}\n1 done"),
        Conversation(
            "a request in gzip alone has no end",
            [
                .client("POST /a HTTP/1.1", "Host: r.test", "Transfer-Encoding: gzip", "", "{}"),
                .server("HTTP/1.1 501 Not Implemented", "Content-Length: 0", "", ""),
            ],
            "1 request POST https://r.test/a\n1 odd client bad-transfer-encoding\n1 response 501\n1 response over\n"
                + "1 done\nopaque bad-transfer-encoding"),
        Conversation(
            "identity is no coding",
            [.get("/a"), .server("HTTP/1.1 200 OK", "Transfer-Encoding: identity", "", "{}"), .serverEnds],
            ok + "1 odd server bad-transfer-encoding\n1 response over: {}\n1 done"),
        Conversation(
            "identity with a length is ambiguous",
            [.get("/a"), .server("HTTP/1.1 200 OK", "Transfer-Encoding: identity", "Content-Length: 2", "", "{}")],
            ok + "1 odd server conflicting-framing\n1 failed conflicting-framing (registry)\n"
                + "opaque conflicting-framing"),
        Conversation(
            "a coding in HTTP/1.0 is ambiguous",
            [.get("/a"), .server("HTTP/1.0 200 OK", "Transfer-Encoding: chunked", "", "0", "", "")],
            "1 request GET https://r.test/a\n1 request over\n1 response 200 HTTP/1.0\n"
                + "1 odd server bad-transfer-encoding\n1 failed bad-transfer-encoding (registry)\n"
                + "opaque bad-transfer-encoding"),
        Conversation(
            "a coding said over two lines is ambiguous",
            [
                .get("/a"),
                .server("HTTP/1.1 200 OK", "Transfer-Encoding: gzip", "Transfer-Encoding: chunked", "", "0", "", ""),
            ],
            ok + "1 odd server bad-transfer-encoding\n1 failed bad-transfer-encoding (registry)\n"
                + "opaque bad-transfer-encoding"),
        Conversation(
            "a response without length lasts until the server ends",
            [.get("/a"), .server("HTTP/1.1 200 OK", "", "abc"), .server("def"), .serverEnds],
            ok + "1 response over: abcdef\n1 done"),
        Conversation(
            "an HTTP/1.0 response lasts until the server ends",
            [.get("/a"), .server("HTTP/1.0 200 OK", "", "abc"), .serverEnds],
            "1 request GET https://r.test/a\n1 request over\n1 response 200 HTTP/1.0\n1 response over: abc\n1 done"),
        Conversation(
            "the largest length is a length",
            [.get("/a"), .server("HTTP/1.1 200 OK", "Content-Length: 9223372036854775807", "", "abc")],
            ok + "1 failed gone (client): abc"),
        Conversation(
            "a length of 2^63 is none",
            [.get("/a"), .server("HTTP/1.1 200 OK", "Content-Length: 9223372036854775808", "", "abc")],
            ok + "1 odd server bad-content-length\n1 failed bad-content-length (registry)\nopaque bad-content-length"),
        Conversation(
            "a signed length is none",
            [.get("/a"), .server("HTTP/1.1 200 OK", "Content-Length: +2", "", "{}")],
            ok + "1 odd server bad-content-length\n1 failed bad-content-length (registry)\nopaque bad-content-length"),
        Conversation(
            "an empty length is none",
            [.get("/a"), .server("HTTP/1.1 200 OK", "Content-Length:", "", "{}")],
            ok + "1 odd server bad-content-length\n1 failed bad-content-length (registry)\nopaque bad-content-length"),
    ]
}
