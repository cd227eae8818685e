/// How connections end, and what they turn into.
enum EndCases {
    private static let asked = "1 request GET https://r.test/a\n1 request over\n"

    static let all = [
        Conversation(
            "a client closes its half and still gets its answer",
            [.get("/a"), .clientEnds, .server("HTTP/1.1 200 OK", "Content-Length: 2", "", "{}")],
            asked + "1 response 200\n1 response over: {}\n1 done"),
        Conversation(
            "a client ends inside its content and is told so",
            [
                .client("PUT /a HTTP/1.1", "Host: r.test", "Content-Length: 9", "", "abc"), .clientEnds,
                .server("HTTP/1.1 400 Bad Request", "Content-Length: 0", "", ""),
            ],
            "1 request PUT https://r.test/a\n1 response 400\n1 response over\n1 done"),
        Conversation(
            "a client ends inside its content and hears nothing",
            [.client("PUT /a HTTP/1.1", "Host: r.test", "Content-Length: 9", "", "abc"), .clientEnds, .serverEnds],
            "1 request PUT https://r.test/a\n1 failed closed-early (client): abc"),
        Conversation(
            "a client ends inside a head", [.client("GET /a HTTP/1.1", "Host: r."), .clientEnds],
            "odd client closed-early"),
        Conversation(
            "a client ends inside its first word", [.client("GE"), .clientEnds], "odd client closed-early"),
        Conversation(
            "a server ends before it answers", [.get("/a"), .serverEnds], asked + "1 failed closed-early (network)"),
        Conversation(
            "a server ends inside a head", [.get("/a"), .server("HTTP/1.1 200 OK", "Conte"), .serverEnds],
            asked + "1 failed closed-early (network)"),
        Conversation(
            "a server ends inside a length",
            [.get("/a"), .server("HTTP/1.1 200 OK", "Content-Length: 9", "", "abc"), .serverEnds],
            asked + "1 response 200\n1 failed closed-early (network): abc"),
        Conversation(
            "octets of a server behind its own end are nobody's",
            [
                .get("/a"), .server("HTTP/1.1 200 OK", "Content-Length: 9", "", "abc"), .serverEnds, .get("/b"),
                .server("defghi"),
            ],
            asked + "1 response 200\n1 failed closed-early (network): abc\n2 request GET https://r.test/b\n"
                + "2 request over\n2 failed gone (client)"),
        Conversation(
            "a server ends behind an interim answer",
            [.get("/a"), .server("HTTP/1.1 100 Continue", "", ""), .serverEnds],
            asked + "1 interim 100\n1 failed closed-early (network)"),
        Conversation(
            "a server ends with requests waiting",
            [.get("/a"), .get("/b"), .server("HTTP/1.1 200 OK", "", "abc"), .serverEnds],
            asked + "2 request GET https://r.test/b\n2 request over\n1 response 200\n1 response over: abc\n1 done\n"
                + "2 failed closed-early (network)"),
        Conversation(
            "a content without length that is reset and not ended is cut",
            [.get("/a"), .server("HTTP/1.1 200 OK", "", "abc")], asked + "1 response 200\n1 failed gone (client): abc"),
        Conversation(
            "an accepted upgrade",
            [.get("/a", "Upgrade: tcp", "Connection: upgrade"), .server("HTTP/1.1 101 Switching", "", "xyz")],
            asked + "1 response 101\n1 response over\n1 done\nopaque upgrade"),
        Conversation(
            "an upgrade to HTTP/2 is not followed",
            [
                .get("/a", "Upgrade: h2c", "Connection: upgrade", "HTTP2-Settings: AAMAAABk"),
                .server("HTTP/1.1 101 Switching Protocols", "Upgrade: h2c", "", ""),
                .server(HTTP2.settings), .client(HTTP2.preface + HTTP2.settings),
            ],
            asked + "1 response 101\n1 response over\n1 done\nopaque upgrade"),
        Conversation(
            "a refused upgrade is an exchange like any other",
            [
                .get("/a", "Upgrade: h2c"), .server("HTTP/1.1 200 OK", "Content-Length: 0", "", ""), .get("/b"),
                .server("HTTP/1.1 204 No Content", "", ""),
            ],
            asked + "1 response 200\n1 response over\n1 done\n2 request GET https://r.test/b\n2 request over\n"
                + "2 response 204\n2 response over\n2 done"),
        Conversation(
            "octets of the other protocol before it was agreed to",
            [.get("/a", "Upgrade: tcp"), .client("\u{1}\u{2}\n"), .server("HTTP/1.1 101 Switching", "", "")],
            asked + "odd client bad-request-line\n1 response 101\n1 response over\n1 done\nopaque upgrade"),
        Conversation(
            "an upgrade that nobody asked for", [.get("/a"), .server("HTTP/1.1 101 Switching", "", "")],
            asked + "1 response 101\n1 odd server unasked-upgrade\n1 response over\n1 done\nopaque upgrade"),
        Conversation(
            "a tunnel",
            [
                .client("CONNECT r.test:443 HTTP/1.1", "Host: r.test", "", ""), .server("HTTP/1.1 200 OK", "", "abc"),
                .client("GET /hidden HTTP/1.1", "", ""),
            ],
            "1 request CONNECT r.test:443\n1 request over\n1 response 200\n1 response over\n1 done\nopaque connect"),
        Conversation(
            "a refused tunnel is an exchange like any other",
            [
                .client("CONNECT r.test:443 HTTP/1.1", "Host: r.test", "", ""),
                .server("HTTP/1.1 407 Proxy Authentication Required", "Content-Length: 2", "", "no"), .get("/b"),
                .server("HTTP/1.1 204 No Content", "", ""),
            ],
            "1 request CONNECT r.test:443\n1 request over\n1 response 407\n1 response over: no\n1 done\n"
                + "2 request GET https://r.test/b\n2 request over\n2 response 204\n2 response over\n2 done"),
        Conversation(
            "octets for a tunnel that is then refused",
            [
                .client("CONNECT r.test:443 HTTP/1.1", "Host: r.test", "", "\u{16}\u{3}\u{1}"),
                .server("HTTP/1.1 403 Forbidden", "Content-Length: 0", "", ""), .get("/smuggled"),
            ],
            "1 request CONNECT r.test:443\n1 request over\nodd client early-tunnel-octets\n1 response 403\n"
                + "1 response over\n1 done\nopaque early-tunnel-octets"),
        Conversation("TLS", [.client([0x16, 0x03, 0x01])], "opaque not HTTP"),
        Conversation("a word of another protocol", [.client("QUIT\r\n")], "opaque not HTTP"),
        Conversation(
            "a server that speaks first at length", [.server(String(repeating: "220 hello\r\n", count: 400))],
            "opaque not HTTP"),
        Conversation(
            "a server that greets", [.server("220 mail.test ESMTP\r\n"), .client("EHLO r.test\r\n")],
            "odd server unasked-octets\nopaque octets without a request"),
    ]
}
