/// Messages that are malformed: an error of their stream, told and read on (RFC 9113 §8.1.1, RELIABILITY S8).
enum MalformedCases {
    private static let failed = "\n1 request over\n1 failed gone (client)"

    private static func request(_ name: String, _ fields: [String], says: String) -> Conversation {
        let block = HTTP2.frame(1, 5, 1, HTTP2.block(fields))
        return Conversation(name, HTTP2.opening + [.client(block)], "1/1 request \(says)" + failed)
    }

    private static func field(_ name: String, _ octets: [UInt8], says: String) -> Conversation {
        let block = HTTP2.frame(1, 5, 1, HTTP2.block(HTTP2.request("GET", "/a")) + octets)
        return Conversation(name, HTTP2.opening + [.client(block)], "1/1 request GET https://r.test/a\(says)" + failed)
    }

    private static func response(_ name: String, _ fields: [String], says: String) -> Conversation {
        let block = HTTP2.frame(1, 5, 1, HTTP2.block(fields))
        return Conversation(
            name, HTTP2.opening + [.client(HTTP2.get(1, "/a")), .server(block)],
            "1/1 request GET https://r.test/a\n1 request over\n\(says)")
    }

    private static let usual = HTTP2.request("GET", "/a")

    static let all = [
        request(
            "a request without method", Array(usual.dropFirst()),
            says: " https://r.test/a\n1 odd client missing-pseudo-field"),
        request(
            "a request without path", Array(usual.dropLast()),
            says: "GET https://r.test/\n1 odd client missing-pseudo-field"),
        request(
            "a request with an empty path", Array(usual.dropLast()) + [":path: "],
            says: "GET https://r.test/\n1 odd client missing-pseudo-field"),
        request(
            "a request without scheme", [usual[0], usual[2], usual[3]],
            says: "GET https://r.test/a\n1 odd client missing-pseudo-field"),
        request(
            "a request that names its host in a field", [usual[0], usual[1], usual[3], "host: other.test"],
            says: "GET https://other.test/a"),
        request(
            "a method twice", [":method: PUT"] + usual, says: "PUT https://r.test/a\n1 odd client repeated-pseudo-field"
        ),
        request(
            "a pseudo-header field behind another field", Array(usual.dropLast()) + ["x-a: 1", ":path: /a"],
            says: "GET https://r.test/a {x-a: 1}\n1 odd client late-pseudo-field"),
        request(
            "a pseudo-header field that there is not", usual + [":secret: 1"],
            says: "GET https://r.test/a\n1 odd client unknown-pseudo-field"),
        request(
            "a status in a request", usual + [":status: 200"],
            says: "GET https://r.test/a\n1 odd client unknown-pseudo-field"),
        request(
            "CRLF in the path", Array(usual.dropLast()) + [":path: /a HTTP/1.1\r\nX-Smuggled: 1"],
            says: "GET https://r.test/a HTTP/1.1\r\nX-Smuggled: 1\n1 odd client bad-field-value"),
        request(
            "NUL in the authority", [usual[0], usual[1], ":authority: r.test\0", usual[3]],
            says: "GET https://r.test/a\n1 odd client bad-field-value"),
        request(
            "LF in the method", [":method: GE\nT", usual[1], usual[2], usual[3]],
            says: "GE\nT https://r.test/a\n1 odd client bad-field-value"),
        request(
            "a path that would name another host", Array(usual.dropLast()) + [":path: .evil.test/"],
            says: "GET https://r.test/.evil.test/\n1 odd client bad-request-target"),
        request(
            "an authority that would name another path", [usual[0], usual[1], ":authority: evil.test/?", usual[3]],
            says: "GET https://r.test/a"),
        request(
            "a field of the connection", usual + ["connection: close", "x-a: 1"],
            says: "GET https://r.test/a {x-a: 1}\n1 odd client connection-field"),
        request(
            "a transfer coding", usual + ["transfer-encoding: chunked"],
            says: "GET https://r.test/a\n1 odd client connection-field"),
        request("TE with trailers is allowed", usual + ["te: trailers"], says: "GET https://r.test/a"),
        request(
            "TE with anything else is not", usual + ["te: gzip"],
            says: "GET https://r.test/a\n1 odd client connection-field"),
        field(
            "capitals in a name", HTTP2.literal(Array("X-A".utf8), [0x31]),
            says: " {X-A: 1}\n1 odd client bad-field-name"
        ),
        field(
            "CRLF in a name", HTTP2.literal(Array("x-a: 1\r\nx-b".utf8), [0x31]),
            says: " {x-a: 1\r\nx-b: 1}\n1 odd client bad-field-name"),
        field(
            "CR in a value", HTTP2.literal(Array("x-a".utf8), [0x31, 0x0D, 0x32]),
            says: " {x-a: 1\r2}\n1 odd client bad-field-value"),
        field(
            "octets that are no text", HTTP2.literal(Array("x-a".utf8), [0x31, 0xFF]),
            says: " {x-a: 1\u{FFFD}}\n1 odd client field-not-utf8"),
        response(
            "an answer without status", ["x-a: 1"],
            says: "1 odd server bad-status\n1 failed bad-status (registry)"),
        response(
            "a status of letters", [":status: OK!"],
            says: "1 odd server bad-status\n1 failed bad-status (registry)"),
        response(
            "a status twice", [":status: 200", ":status: 500"],
            says: "1 response 200\n1 odd server repeated-pseudo-field\n1 response over\n1 done"),
        response(
            "CRLF in the status", [":status: 200\r\n"],
            says: "1 odd server bad-field-value\n1 odd server bad-status\n1 failed bad-status (registry)"),
        Conversation(
            "one malformed answer leaves the other streams alone",
            HTTP2.opening + [
                .client(HTTP2.get(1, "/a"), HTTP2.get(3, "/b")),
                .server(HTTP2.headers(1, "x-a: 1"), HTTP2.headers(3, ":status: 204", end: true)),
            ],
            "1/1 request GET https://r.test/a\n1 request over\n2/3 request GET https://r.test/b\n2 request over\n"
                + "1 odd server bad-status\n1 failed bad-status (registry)\n2 response 204\n2 response over\n2 done"),
        Conversation(
            "trailers with a pseudo-header field",
            HTTP2.opening + [
                .client(HTTP2.get(1, "/a")),
                .server(HTTP2.headers(1, ":status: 200"), HTTP2.headers(1, ":status: 500", "x-a: 1", end: true)),
            ],
            "1/1 request GET https://r.test/a\n1 request over\n1 response 200\n1 response trailers {x-a: 1}\n"
                + "1 odd server unknown-pseudo-field\n1 response over\n1 done"),
    ]
}
