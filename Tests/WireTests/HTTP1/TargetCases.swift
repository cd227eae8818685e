/// The four forms of a request target, and others (RFC 9112 §3.2).
enum TargetCases {
    private static func request(_ line: String, _ fields: String..., says: String) -> Conversation {
        let head = ([line] + fields + ["", ""]).joined(separator: "\r\n")
        return Conversation(line, [.client(head)], says + "\n1 request over\n1 failed gone (client)")
    }

    static let all = [
        request("GET http://h.test/a?b HTTP/1.1", "Host: r.test", says: "1 request GET http://h.test/a?b"),
        request("GET HTTPS://h.test/ HTTP/1.1", "Host: r.test", says: "1 request GET HTTPS://h.test/"),
        request("OPTIONS * HTTP/1.1", "Host: r.test", says: "1 request OPTIONS https://r.test"),
        request("CONNECT r.test:443 HTTP/1.1", "Host: r.test:443", says: "1 request CONNECT r.test:443"),
        request("GET /host HTTP/1.1", "Host: other.test", says: "1 request GET https://other.test/host"),
        request("GET /no-host HTTP/1.0", says: "1 request GET https://r.test/no-host HTTP/1.0"),
        request(
            "GET /no-host HTTP/1.1", says: "1 request GET https://r.test/no-host\n1 odd client bad-host"),
        request(
            "GET /two HTTP/1.1", "Host: a.test", "Host: b.test",
            says: "1 request GET https://a.test/two\n1 odd client bad-host"),
        request(
            "GET /host-with-path HTTP/1.1", "Host: evil.test/x?",
            says: "1 request GET https://r.test/host-with-path"),
        request(
            "GET .evil.test/ HTTP/1.1", "Host: r.test",
            says: "1 request GET https://r.test/.evil.test/\n1 odd client bad-request-target"),
        request(
            "GET @evil.test/ HTTP/1.1", "Host: r.test",
            says: "1 request GET https://r.test/@evil.test/\n1 odd client bad-request-target"),
        request(
            "GET * HTTP/1.1", "Host: r.test", says: "1 request GET https://r.test\n1 odd client bad-request-target"),
        request(
            "GET /a b HTTP/1.1", "Host: r.test",
            says: "1 request GET https://r.test/a b\n1 odd client bad-request-target"),
        request(
            "GET /ü HTTP/1.1", "Host: r.test",
            says: "1 request GET https://r.test/ü\n1 odd client bad-request-target"),
        request("get /a HTTP/1.1", "Host: r.test", says: "1 request get https://r.test/a"),
    ]
}
