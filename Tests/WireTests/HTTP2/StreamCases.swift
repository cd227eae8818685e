/// Streams from their beginning to their end, wanted or not (RFC 9113 §5, §6.4, §6.8).
enum StreamCases {
    private static let asked = "1/1 request GET https://r.test/a\n1 request over\n"
    private static let put = "1/1 request PUT https://r.test/a\n"

    private static func after(_ steps: Step...) -> [Step] { HTTP2.opening + steps }

    static let all = [
        Conversation(
            "streams are interleaved",
            after(
                .client(HTTP2.get(1, "/a"), HTTP2.get(3, "/b")),
                .server(
                    HTTP2.headers(3, ":status: 200"), HTTP2.headers(1, ":status: 200"), HTTP2.data(1, "a1"),
                    HTTP2.data(3, "b1"), HTTP2.data(1, "a2"), HTTP2.data(3, "b2", end: true),
                    HTTP2.data(1, "a3", end: true))),
            asked + "2/3 request GET https://r.test/b\n2 request over\n2 response 200\n1 response 200\n"
                + "2 response over: b1b2\n2 done\n1 response over: a1a2a3\n1 done"),
        Conversation(
            "the client resets before the answer",
            after(.client(HTTP2.get(1, "/a"), HTTP2.reset(1, 8))), asked + "1 failed stream-reset (client)"),
        Conversation(
            "the client resets inside the answer, and the rest is still on its way",
            after(
                .client(HTTP2.get(1, "/a")), .server(HTTP2.headers(1, ":status: 200"), HTTP2.data(1, "ab")),
                .client(HTTP2.reset(1, 8)), .server(HTTP2.data(1, "cd", end: true))),
            asked + "1 response 200\n1 failed stream-reset (client): ab"),
        Conversation(
            "the client resets inside its request",
            after(.client(HTTP2.put(1, "/a"), HTTP2.data(1, "ab"), HTTP2.reset(1, 8))),
            put + "1 failed stream-reset (client): ab"),
        Conversation(
            "the client resets behind the whole answer",
            after(
                .client(HTTP2.put(1, "/a"), HTTP2.data(1, "ab")),
                .server(HTTP2.headers(1, ":status: 413", end: true)), .client(HTTP2.reset(1, 8))),
            put + "1 response 413\n1 response over\n1 done"),
        Conversation(
            "the server resets before it answers",
            after(.client(HTTP2.get(1, "/a")), .server(HTTP2.reset(1, 7))), asked + "1 failed stream-reset (registry)"),
        Conversation(
            "the server resets inside its answer",
            after(
                .client(HTTP2.get(1, "/a")),
                .server(HTTP2.headers(1, ":status: 200"), HTTP2.data(1, "ab"), HTTP2.reset(1, 2))),
            asked + "1 response 200\n1 failed stream-reset (registry): ab"),
        Conversation(
            "the server answers before the request is over, and wants no more of it",
            after(
                .client(HTTP2.put(1, "/a"), HTTP2.data(1, "ab")),
                .server(HTTP2.headers(1, ":status: 413"), HTTP2.data(1, "no", end: true), HTTP2.reset(1, 0)),
                .client(HTTP2.data(1, "cd", end: true))),
            put + "1 response 413\n1 response over: no\n1 done"),
        Conversation(
            "a stream that was never opened is reset",
            after(.client(HTTP2.reset(5, 8))), "odd client reset-of-idle-stream"),
        Conversation(
            "a stream is reset in a frame of three octets",
            after(.client(HTTP2.get(1, "/a"), HTTP2.frame(3, 0, 1, [0, 0, 8]))),
            asked + "odd client bad-frame\n1 failed stream-reset (client)"),
        Conversation(
            "content on a stream that was never opened",
            after(.server(HTTP2.data(1, "ab", end: true))), "odd server data-on-idle-stream"),
        Conversation(
            "content on stream 0", after(.client(HTTP2.data(0, "ab"))), "odd client data-on-idle-stream"),
        Conversation(
            "content behind the end of a request",
            after(
                .client(HTTP2.get(1, "/a"), HTTP2.data(1, "ab", end: true)),
                .server(HTTP2.headers(1, ":status: 204", end: true))),
            asked + "1 odd client data-after-end\n1 response 204\n1 response over\n1 done"),
        Conversation(
            "a head behind the end of a request",
            after(.client(HTTP2.get(1, "/a"), HTTP2.headers(1, "x-a: 1", end: true))),
            asked + "1 odd client headers-after-end\n1 failed gone (client)"),
        Conversation(
            "content before the response",
            after(
                .client(HTTP2.get(1, "/a")),
                .server(HTTP2.data(1, "ab"), HTTP2.headers(1, ":status: 200"), HTTP2.data(1, "cd", end: true))),
            asked + "1 odd server data-before-response\n1 response 200\n1 response over: cd\n1 done"),
        Conversation(
            "an end without a response",
            after(.client(HTTP2.get(1, "/a")), .server(HTTP2.data(1, "", end: true))),
            asked + "1 odd server data-before-response\n1 failed no-response (registry)"),
        Conversation(
            "a head on a stream that was never opened",
            after(.server(HTTP2.headers(1, ":status: 200", end: true))), "odd server headers-on-idle-stream"),
        Conversation(
            "a request on a stream that is over",
            after(
                .client(HTTP2.get(1, "/a")), .server(HTTP2.headers(1, ":status: 204", end: true)),
                .client(HTTP2.get(1, "/b"))),
            asked + "1 response 204\n1 response over\n1 done\nodd client stream-reused"),
        Conversation(
            "a request on a stream below those in use",
            after(.client(HTTP2.get(3, "/a"), HTTP2.get(1, "/b"))),
            "1/3 request GET https://r.test/a\n1 request over\nodd client stream-reused\n1 failed gone (client)"),
        Conversation(
            "a request on a stream of the server", after(.client(HTTP2.get(2, "/a"))),
            "odd client bad-stream-identifier"),
        Conversation(
            "trailers of a request whose stream is over",
            after(
                .client(HTTP2.put(1, "/a")), .server(HTTP2.headers(1, ":status: 400", end: true), HTTP2.reset(1, 0)),
                .client(HTTP2.headers(1, "x-a: 1", end: true))),
            put + "1 response 400\n1 response over\n1 done"),
        Conversation(
            "a push from the client", after(.client(HTTP2.push(1, 2, "/a"))), "odd client bad-push"),
        Conversation(
            "a push on a stream of the client",
            after(.client(HTTP2.get(1, "/a")), .server(HTTP2.push(1, 3, "/b"))),
            asked + "odd server bad-stream-identifier\n1 failed gone (client)"),
        Conversation(
            "the server goes away and finishes what it took",
            after(
                .client(HTTP2.get(1, "/a"), HTTP2.get(3, "/b")),
                .server(HTTP2.goAway(1, 0), HTTP2.headers(1, ":status: 204", end: true)), .client(HTTP2.get(5, "/c")),
                .serverEnds),
            asked + "2/3 request GET https://r.test/b\n2 request over\n2 failed goaway (registry)\n1 response 204\n"
                + "1 response over\n1 done\n3/5 request GET https://r.test/c\n3 failed goaway (registry)"),
        Conversation(
            "the server announces that it will go and then does",
            after(
                .client(HTTP2.get(1, "/a")), .server(HTTP2.goAway(0x7FFF_FFFF, 0)), .client(HTTP2.get(3, "/b")),
                .server(HTTP2.goAway(1, 0), HTTP2.headers(1, ":status: 204", end: true))),
            asked + "2/3 request GET https://r.test/b\n2 request over\n2 failed goaway (registry)\n1 response 204\n"
                + "1 response over\n1 done"),
        Conversation(
            "the server goes away in anger",
            after(.client(HTTP2.get(1, "/a")), .server(HTTP2.goAway(0, 11, "too_many_pings")), .serverEnds),
            asked + "odd server goaway\n1 failed goaway (registry)"),
        Conversation(
            "the client goes away and is still answered",
            after(
                .client(HTTP2.get(1, "/a"), HTTP2.goAway(0, 0)), .clientEnds,
                .server(HTTP2.headers(1, ":status: 204", end: true))),
            asked + "1 response 204\n1 response over\n1 done"),
        Conversation(
            "the client goes away because of the server",
            after(.client(HTTP2.get(1, "/a"), HTTP2.goAway(0, 1)), .clientEnds),
            asked + "odd client goaway\n1 failed gone (client)"),
        Conversation(
            "the server ends inside an answer",
            after(
                .client(HTTP2.get(1, "/a"), HTTP2.put(3, "/b")),
                .server(
                    HTTP2.headers(1, ":status: 200"), HTTP2.data(1, "ab"), HTTP2.headers(3, ":status: 204", end: true)),
                .serverEnds),
            asked + "2/3 request PUT https://r.test/b\n1 response 200\n2 response 204\n2 response over\n"
                + "1 failed closed-early (network): ab\n2 done"),
    ]
}
