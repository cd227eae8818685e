/// Requests, responses, trailers and content over HTTP/2 (RFC 9113 §8).
enum MessageCases {
    private static let asked = "1/1 request GET https://r.test/a\n1 request over\n"

    static func after(_ steps: Step...) -> [Step] { HTTP2.opening + steps }

    static let all = [
        Conversation(
            "a request and its answer",
            after(
                .client(HTTP2.get(1, "/a", "x-a: 1")),
                .server(HTTP2.headers(1, ":status: 200", "x-b: 2"), HTTP2.data(1, "{}", end: true))),
            "1/1 request GET https://r.test/a {x-a: 1}\n1 request over\n1 response 200 {x-b: 2}\n"
                + "1 response over: {}\n1 done"),
        Conversation(
            "an answer that ends with its head",
            after(.client(HTTP2.get(1, "/a")), .server(HTTP2.headers(1, ":status: 204", end: true))),
            asked + "1 response 204\n1 response over\n1 done"),
        Conversation(
            "an answer that ends with an empty frame",
            after(
                .client(HTTP2.get(1, "/a")),
                .server(HTTP2.headers(1, ":status: 200"), HTTP2.data(1, "ab"), HTTP2.data(1, "", end: true))),
            asked + "1 response 200\n1 response over: ab\n1 done"),
        Conversation(
            "padding is no content",
            after(
                .client(HTTP2.get(1, "/a")),
                .server(
                    HTTP2.headers(1, ":status: 200"), HTTP2.padded(1, "ab", padding: 7),
                    HTTP2.padded(1, "", padding: 0), HTTP2.padded(1, "c", padding: 255, end: true))),
            asked + "1 response 200\n1 response over: abc\n1 done"),
        Conversation(
            "padding and priority around a header block",
            after(
                .client(
                    HTTP2.frame(
                        1, 0x2D, 1,
                        [2, 0x80, 0, 0, 0, 16] + HTTP2.block(HTTP2.request("GET", "/a")) + [0, 0]))),
            asked + "1 failed gone (client)"),
        Conversation(
            "a header block over three frames",
            after(
                .client(
                    HTTP2.headers(1, ":method: GET", ":scheme: https", end: true, endHeaders: false),
                    HTTP2.continuation(1, ":authority: r.test", endHeaders: false),
                    HTTP2.continuation(1, ":path: /a", "x-a: 1"))),
            "1/1 request GET https://r.test/a {x-a: 1}\n1 request over\n1 failed gone (client)"),
        Conversation(
            "a field cut by frames",
            after(
                .client(
                    HTTP2.frame(1, 1, 1, Array(HTTP2.block(HTTP2.request("GET", "/a")).prefix(20))),
                    HTTP2.frame(9, 4, 1, Array(HTTP2.block(HTTP2.request("GET", "/a")).dropFirst(20))))),
            asked + "1 failed gone (client)"),
        Conversation(
            "trailers of an answer",
            after(
                .client(HTTP2.get(1, "/a")),
                .server(
                    HTTP2.headers(1, ":status: 200"), HTTP2.data(1, "ab"), HTTP2.headers(1, "x-sum: 7", end: true))),
            asked + "1 response 200\n1 response trailers {x-sum: 7}\n1 response over: ab\n1 done"),
        Conversation(
            "trailers of a request",
            after(
                .client(HTTP2.put(1, "/a"), HTTP2.data(1, "ab"), HTTP2.headers(1, "x-sum: 7", end: true)),
                .server(HTTP2.headers(1, ":status: 201", end: true))),
            "1/1 request PUT https://r.test/a\n1 request trailers {x-sum: 7}\n1 request over: ab\n1 response 201\n"
                + "1 response over\n1 done"),
        Conversation(
            "trailers that do not end the stream",
            after(
                .client(HTTP2.get(1, "/a")),
                .server(HTTP2.headers(1, ":status: 200"), HTTP2.headers(1, "x-sum: 7"), HTTP2.data(1, "", end: true))),
            asked + "1 response 200\n1 response trailers {x-sum: 7}\n1 odd server trailers-without-end\n"
                + "1 response over\n1 done"),
        Conversation(
            "interim answers before the final one",
            after(
                .client(HTTP2.put(1, "/a")), .server(HTTP2.headers(1, ":status: 100")),
                .client(HTTP2.data(1, "ab", end: true)),
                .server(
                    HTTP2.headers(1, ":status: 103", "x-link: x"), HTTP2.headers(1, ":status: 201", end: true))),
            "1/1 request PUT https://r.test/a\n1 interim 100\n1 request over: ab\n1 interim 103 {x-link: x}\n"
                + "1 response 201\n1 response over\n1 done"),
        Conversation(
            "an interim answer that ends the stream",
            after(.client(HTTP2.get(1, "/a")), .server(HTTP2.headers(1, ":status: 103", end: true))),
            asked + "1 interim 103\n1 failed no-response (registry)"),
        Conversation(
            "a switch of protocols, which HTTP/2 has not",
            after(
                .client(HTTP2.get(1, "/a")),
                .server(HTTP2.headers(1, ":status: 101"), HTTP2.headers(1, ":status: 200", end: true))),
            asked + "1 interim 101\n1 odd server unasked-upgrade\n1 response 200\n1 response over\n1 done"),
        Conversation(
            "a length that is kept",
            after(
                .client(HTTP2.get(1, "/a")),
                .server(HTTP2.headers(1, ":status: 200", "content-length: 3"), HTTP2.data(1, "abc", end: true))),
            asked + "1 response 200\n1 response over: abc\n1 done"),
        Conversation(
            "a length that is not kept",
            after(
                .client(HTTP2.get(1, "/a")),
                .server(HTTP2.headers(1, ":status: 200", "content-length: 4"), HTTP2.data(1, "abc", end: true))),
            asked + "1 response 200\n1 odd server content-length-mismatch\n1 response over: abc\n1 done"),
        Conversation(
            "a length that is none",
            after(
                .client(HTTP2.get(1, "/a")),
                .server(HTTP2.headers(1, ":status: 200", "content-length: x"), HTTP2.data(1, "abc", end: true))),
            asked + "1 response 200\n1 odd server bad-content-length\n1 response over: abc\n1 done"),
        Conversation(
            "the length in an answer to HEAD is that of what was not sent",
            after(
                .client(
                    HTTP2.headers(1, ":method: HEAD", ":scheme: https", ":authority: r.test", ":path: /a", end: true)),
                .server(HTTP2.headers(1, ":status: 200", "content-length: 4", end: true))),
            "1/1 request HEAD https://r.test/a\n1 request over\n1 response 200\n1 response over\n1 done"),
        Conversation(
            "the length in a 304 is that of what was not sent",
            after(
                .client(HTTP2.get(1, "/a")),
                .server(HTTP2.headers(1, ":status: 304", "content-length: 4", end: true))),
            asked + "1 response 304\n1 response over\n1 done"),
        Conversation(
            "a tunnel has no content",
            after(
                .client(HTTP2.headers(1, ":method: CONNECT", ":authority: r.test:443")),
                .server(HTTP2.headers(1, ":status: 200")), .client(HTTP2.data(1, "hidden")),
                .server(HTTP2.data(1, "too", end: true))),
            "1/1 request CONNECT r.test:443\n1 response 200\n1 request over\n1 response over\n1 done"),
        Conversation(
            "a tunnel for another protocol",
            after(
                .client(
                    HTTP2.headers(
                        1, ":method: CONNECT", ":protocol: websocket", ":scheme: https", ":authority: r.test",
                        ":path: /chat")), .server(HTTP2.headers(1, ":status: 200")), .client(HTTP2.data(1, "hidden"))),
            "1/1 request CONNECT https://r.test/chat\n1 response 200\n1 request over\n1 response over\n1 done"),
        Conversation(
            "a pushed answer",
            after(
                .client(HTTP2.get(1, "/a")),
                .server(
                    HTTP2.push(1, 2, "/b"), HTTP2.headers(1, ":status: 204", end: true),
                    HTTP2.headers(2, ":status: 200"), HTTP2.data(2, "b", end: true))),
            asked + "2/2 request GET https://r.test/b\n2 odd server push\n2 request over\n1 response 204\n"
                + "1 response over\n1 done\n2 response 200\n2 response over: b\n2 done"),
        Conversation(
            "a pushed answer that the client does not want",
            after(
                .client(HTTP2.get(1, "/a")), .server(HTTP2.push(1, 2, "/b")), .client(HTTP2.reset(2, 8)),
                .server(HTTP2.headers(1, ":status: 204", end: true))),
            asked + "2/2 request GET https://r.test/b\n2 odd server push\n2 request over\n"
                + "2 failed stream-reset (client)\n1 response 204\n1 response over\n1 done"),
    ]
}
