import Interop
import TapeModel
import Testing

struct TranscriptTests {
    private static func exchanges(_ text: String) throws -> [Exchange] {
        try Transcript(parsing: text).records.compactMap {
            if case .exchange(let exchange) = $0 { exchange } else { nil }
        }
    }

    @Test func `an exchange with its connection`() throws {
        let transcript = try Transcript(
            parsing: """
                * Connected to registry.example (192.0.2.10) port 443 (#0)
                * SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384
                * at 2026-11-23T10:00:00Z
                > PUT /v2/app/manifests/v1 HTTP/1.1
                > Host: registry.example
                >
                {"a":1}
                < HTTP/1.1 400 Bad Request
                < Content-Type: application/json
                <
                {
                  "errors": []
                }

                """)
        #expect(transcript.entries.map(\.seq) == [1, 2])
        #expect(transcript.entries.map(\.line) == [4, 4])
        guard case .connection(let connection) = transcript.records.first,
            case .exchange(let exchange) = transcript.records.last
        else {
            Issue.record("\(transcript.records)")
            return
        }
        #expect(connection.authority == "registry.example:443")
        #expect(connection.server == "192.0.2.10:443")
        #expect(connection.serverTLS?.version == "TLSv1.3")
        #expect(connection.serverTLS?.cipher == "TLS_AES_256_GCM_SHA384")
        #expect(exchange.connection == connection.id)
        #expect(exchange.started.timestamp == "2026-11-23T10:00:00.000000Z")
        #expect(exchange.request.head.url == "https://registry.example/v2/app/manifests/v1")
        #expect(exchange.request.body == Body(length: 7, stored: .inline, text: "{\"a\":1}"))
        #expect(exchange.response?.head.status == 400)
        #expect(exchange.response?.head.reason == "Bad Request")
        #expect(exchange.response?.body.text == "{\n  \"errors\": []\n}")
    }

    @Test func `exchanges follow one another by 100 ms or by how long they took`() throws {
        let exchanges = try Self.exchanges(
            """
            > GET https://a.example/1 HTTP/1.1
            >
            < HTTP/1.1 200 OK
            <
            * took 1500 ms
            > GET https://a.example/2 HTTP/1.1
            >
            < HTTP/1.1 200 OK
            <
            * at 2026-01-01T01:00:00Z
            * took 30 ms
            > GET https://b.example/3 HTTP/1.1
            >
            """)
        #expect(
            exchanges.map(\.started.timestamp) == [
                "2026-01-01T00:00:00.000000Z", "2026-01-01T00:00:01.500000Z", "2026-01-01T01:00:00.000000Z",
            ])
        #expect(exchanges.map(\.timing.wait) == [1_500_000, 0, 30_000])
        #expect(exchanges.map(\.connection) == [1, 1, 2])
    }

    @Test func `a log that says no times has those of its answers`() throws {
        let exchanges = try Self.exchanges(
            """
            * Connected to registry.example (192.0.2.1) port 443
            > GET /v2/ HTTP/1.1
            > Host: registry.example
            >
            < HTTP/1.1 200 OK
            < Date: Mon, 23 Nov 2026 10:00:00 GMT
            <
            > GET /v2/a/tags/list HTTP/1.1
            > Host: registry.example
            >
            < HTTP/1.1 200 OK
            < date: Mon, 23 Nov 2026 10:05:00 GMT
            <
            > GET /v2/b/tags/list HTTP/1.1
            > Host: registry.example
            >
            < HTTP/1.1 200 OK
            < Date: Mon, 23 Nov 2026 10:05:00 GMT
            <
            """)
        #expect(
            exchanges.map(\.started.timestamp) == [
                "2026-11-23T10:00:00.000000Z", "2026-11-23T10:05:00.000000Z", "2026-11-23T10:05:00.100000Z",
            ])
    }

    @Test func `what failed is told with its party`() throws {
        let transcript = try Transcript(
            parsing: """
                > PATCH https://a.example/v2/app/blobs/uploads/1 HTTP/1.1
                > Content-Length: 1000000
                >
                * 65536 octets of content, not kept
                * failed (network, connection-reset): The server reset the connection.
                * connection to b.example:5000 failed (network, connection-refused): Nothing listens at b.example:5000: connection refused.
                """)
        guard transcript.records.count == 3, case .exchange(let exchange) = transcript.records[1],
            case .connection(let connection) = transcript.records[2]
        else {
            Issue.record("\(transcript.records)")
            return
        }
        #expect(exchange.request.body.length == 65_536)
        #expect(exchange.request.body.stored == Body.Storage.none)
        #expect(exchange.response == nil)
        #expect(
            exchange.error
                == ExchangeError(
                    party: .network, code: "connection-reset", detail: "The server reset the connection."))
        #expect(connection.authority == "b.example:5000")
        #expect(connection.failure?.code == "connection-refused")
        #expect(connection.failure?.detail == "Nothing listens at b.example:5000: connection refused.")
    }

    @Test func `TLS facts and certificates belong to the connection that then fails`() throws {
        let transcript = try Transcript(
            parsing: """
                * Connected to a.example (192.0.2.1) port 443
                * TLS versions offered: TLSv1.0, TLSv1.1
                * SSL connection using TLSv1.1 / ECDHE-RSA-AES256-SHA
                *  subject: CN=a.example
                *  start date: Nov  3 10:00:00 2025 GMT
                *  expire date: Nov  3 10:00:00 2026 GMT
                *  subjectAltName: a.example, *.a.example
                *  issuer: CN=Example CA
                * connection to a.example:443 failed (registry, certificate-expired): The certificate has expired.
                """)
        guard transcript.records.count == 1, case .connection(let connection) = transcript.records[0] else {
            Issue.record("\(transcript.records)")
            return
        }
        #expect(connection.clientTLS?.versionsOffered == ["TLSv1.0", "TLSv1.1"])
        #expect(connection.certificates.first?.names == ["a.example", "*.a.example"])
        #expect(connection.certificates.first?.issuer == "CN=Example CA")
        #expect(connection.certificates.first?.notAfter.timestamp == "2026-11-03T10:00:00.000000Z")
        #expect(connection.failure?.code == "certificate-expired")
    }

    @Test func `interim answers, trailers and anomalies`() throws {
        let transcript = try Transcript(
            parsing: """
                > PUT https://a.example/x HTTP/1.1
                > Expect: 100-continue
                >
                < HTTP/1.1 100 Continue
                <
                < HTTP/1.1 201 Created
                < Trailer: Digest
                <
                created
                < Digest: abc
                * anomaly (server, short-body): The body ends early.
                """)
        guard transcript.records.count == 3, case .anomaly(let anomaly) = transcript.records[1],
            case .exchange(let exchange) = transcript.records[2]
        else {
            Issue.record("\(transcript.records)")
            return
        }
        #expect(exchange.interim.map(\.status) == [100])
        #expect(exchange.response?.body.text == "created")
        #expect(exchange.response?.trailers == [FieldLine("Digest", "abc")])
        #expect(anomaly.exchange == 1 && anomaly.code == "short-body" && anomaly.side == .server)
    }

    @Test func `curl -v with trace times, meters, octet counts and a body on the same stream`() throws {
        let exchanges = try Self.exchanges(
            """
              % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current
                                             Dload  Upload   Total   Spent    Left  Speed
              0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     007:23:37.313576 *   Trying 127.0.0.1:8765...
            07:23:37.314044 * Connected to 127.0.0.1 (127.0.0.1) port 8765 (#0)
            07:23:37.314088 > POST /nothing HTTP/1.1
            07:23:37.314088 > Host: 127.0.0.1:8765
            07:23:37.314088 > Content-Length: 3
            07:23:37.314088 >\u{20}
            07:23:37.314124 } [3 bytes data]
            07:23:37.316630 * HTTP 1.0, assume close after body
            07:23:37.316649 < HTTP/1.0 501 Unsupported method ('POST')
            07:23:37.316687 < Content-Length: 23
            07:23:37.316694 <\u{20}
            07:23:37.316731 { [23 bytes data]
            100   357  100   357  100     3   104k    899 --:--:-- --:--:-- --:--:--  117k
            07:23:37.316774 * Closing connection 0
            <html>
            * not a list</html>
            07:23:37.316868 * Hostname 127.0.0.1 was found in DNS cache
            """)
        #expect(exchanges.count == 1)
        #expect(exchanges.first?.request.head.url == "http://127.0.0.1:8765/nothing")
        #expect(exchanges.first?.response?.head.reason == "Unsupported method ('POST')")
        #expect(exchanges.first?.started.timestamp == "2026-01-01T07:23:37.314088Z")
        #expect(exchanges.first?.timing.wait == 2_561)
        #expect(exchanges.first?.response?.body.text == "<html>")
    }

    @Test func `curl that goes on behind a body without a line feed`() throws {
        let exchanges = try Self.exchanges(
            """
            * Connected to a.example (192.0.2.1) port 80 (#0)
            > GET / HTTP/1.1\r
            > Host: a.example\r
            >\u{20}\r
            < HTTP/1.1 200 OK\r
            < Content-Length: 2\r
            <\u{20}\r
            {}* Connection #0 to host a.example left intact
            * Re-using existing connection #0 with host a.example
            > GET /2 HTTP/1.1\r
            > Host: a.example\r
            >\u{20}\r
            < HTTP/2 204\u{20}\r
            <\u{20}\r
            """)
        #expect(exchanges.map(\.request.head.url) == ["http://a.example/", "http://a.example/2"])
        #expect(exchanges.first?.response?.body.text == "{}")
        #expect(exchanges.last?.response?.head.status == 204)
        #expect(exchanges.map(\.connection) == [1, 1])
    }

    @Test func `HTTP/2 streams and a connection that curl 8 opened`() throws {
        let exchanges = try Self.exchanges(
            """
            * Established connection to a.example (192.0.2.1 port 443) from 192.0.2.9 port 40000
            * ALPN: curl offers h2,http/1.1
            * SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384 / X25519 / RSASSA-PSS
            * ALPN: server accepted h2
            * [HTTP/2] [1] OPENED stream for https://a.example/v2/
            * [HTTP/2] [1] [:method: GET]
            > GET /v2/ HTTP/2
            > Host: a.example
            >
            < HTTP/2 200
            <
            * Connection #0 to host a.example left intact
            """)
        #expect(exchanges.first?.stream == 1)
        #expect(exchanges.first?.request.head.url == "https://a.example/v2/")
    }

    @Test func `through a proxy the tunnel is part of the connection, unless it was refused`() throws {
        let tunnel = """
            * Connected to 192.0.2.3 (192.0.2.3) port 3128 (#0)
            * Establish HTTP proxy tunnel to a.example:443
            > CONNECT a.example:443 HTTP/1.1
            > Host: a.example:443
            >

            """
        let good = try Self.exchanges(
            tunnel + """
                < HTTP/1.1 200 Connection established
                <
                * SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384
                > GET /v2/ HTTP/1.1
                > Host: a.example
                >
                < HTTP/1.1 200 OK
                <
                """)
        #expect(good.map(\.request.head.url) == ["https://a.example/v2/"])
        let bad = try Self.exchanges(tunnel + "< HTTP/1.1 407 Proxy Authentication Required\n<\n")
        #expect(bad.map(\.request.head.url) == ["a.example:443"])
        #expect(bad.first?.response?.head.status == 407)
    }

    @Test func `the form of regtape show keeps numbers, connections, streams and times`() throws {
        let transcript = try Transcript(
            parsing: """
                * exchange 7, connection 3, stream 5, 2026-11-23T10:07:15.123456Z
                * dns 310, connect 420, tls 2100, send 80, wait 4100, receive 900 microseconds
                > GET https://registry.example/v2/ HTTP/2
                > accept: */*
                >
                < HTTP/2 200
                <
                * 88080384 octets of content in /tmp/pull.tape/bodies/sha256/dc2a
                """)
        #expect(transcript.entries.map(\.seq) == [1, 7])
        guard case .exchange(let exchange) = transcript.records.last else {
            Issue.record("\(transcript.records)")
            return
        }
        #expect(exchange.seq == 7 && exchange.connection == 3 && exchange.stream == 5)
        #expect(exchange.started.timestamp == "2026-11-23T10:07:15.123456Z")
        #expect(exchange.timing.tls == 2_100 && exchange.timing.duration == 5_080)
        #expect(exchange.response?.body.length == 88_080_384)
    }

    @Test func `a redacted body has the length that crossed the wire`() throws {
        let exchanges = try Self.exchanges(
            """
            > GET https://a.example/token HTTP/1.1
            >
            < HTTP/1.1 200 OK
            < Content-Length: 1085
            <
            {"token":"‹token:0c11aa70›"}
            """)
        #expect(exchanges.first?.response?.body.length == 1_085)
        #expect(exchanges.first?.response?.body.isRedacted == true)
    }

    @Test(arguments: [
        ("", 1, "there is no exchange"),
        ("hello\nworld", 2, "there is no exchange"),
        ("> GET /", 1, "a request begins with"),
        ("< HTTP/1.1 200 OK", 1, "without a request"),
        ("> GET / HTTP/1.1\n> Host a", 2, "no colon"),
        ("> GET / HTTP/1.1\n>\n< HTTP/1.1 OK", 3, "no status"),
        ("> GET / HTTP/1.1\n>\n< HTTP/1.1 200 OK\n<\n< HTTP/1.1 200 OK", 5, "a second answer"),
        ("* at 2026-13-01T00:00:00Z", 1, "no time"),
        ("* took 5 s", 1, "* took 1500 ms"),
        ("> GET / HTTP/1.1\n>\n* failed (nobody, x): y", 3, "the party is one of client, proxy"),
        ("* failed (network, x): y", 1, "nothing stands before this"),
    ])
    func `a mistake is told with its line`(text: String, line: Int, detail: String) {
        do {
            let transcript = try Transcript(parsing: text)
            Issue.record("read as \(transcript.records)")
        } catch {
            #expect(error.line == line)
            #expect(error.detail.contains(detail), "\(error)")
        }
    }
}
