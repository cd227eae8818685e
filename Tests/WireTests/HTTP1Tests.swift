import TestSupport
import Testing

/// Every case is read whole, byte by byte and cut at random, and must say the same each time.
struct HTTP1Tests {
    typealias Step = Transcript.Step

    static let cases: [(name: String, steps: [Step], expected: String)] = [
        (
            "length",
            [.client(request("GET /v2/ HTTP/1.1")), .server(octets("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"))],
            "1 > GET https://r.test/v2/ HTTP/1.1 1\n1 client ended \n1 < 200 1\n1 server ended {}\n1 over whole\n"
        ),
        (
            "chunked with trailers",
            [
                .client(request("GET /a HTTP/1.1")),
                .server(
                    octets(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX: 1\r\n\r\n"
                    )),
            ],
            "1 > GET https://r.test/a HTTP/1.1 1\n1 client ended \n1 < 200 1\n1 server trailers 1\n1 server ended abcde\n1 over whole\n"
        ),
        (
            "until close",
            [.client(request("GET /a HTTP/1.1")), .server(octets("HTTP/1.1 200 OK\r\n\r\nabc")), .serverEnds],
            "1 > GET https://r.test/a HTTP/1.1 1\n1 client ended \n1 < 200 0\n1 server ended abc\n1 over whole\n"
        ),
        (
            "cut short",
            [
                .client(request("GET /a HTTP/1.1")), .server(octets("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")),
                .serverEnds,
            ],
            "1 > GET https://r.test/a HTTP/1.1 1\n1 client ended \n1 < 200 1\n1 over closed-early\n"
        ),
        (
            "HEAD then GET",  // A HEAD answer has a length and no content.
            [
                .client(request("HEAD /a HTTP/1.1") + request("GET /b HTTP/1.1")),
                .server(octets("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 204 No\r\n\r\n")),
            ],
            """
            1 > HEAD https://r.test/a HTTP/1.1 1
            1 client ended \n2 > GET https://r.test/b HTTP/1.1 1
            2 client ended \n1 < 200 1
            1 server ended \n1 over whole
            2 < 204 0
            2 server ended \n2 over whole\n
            """
        ),
        (
            "interim answers",
            [
                .client(request("PUT /a HTTP/1.1", "Content-Length: 3\r\nExpect: 100-continue\r\n")),
                .server(octets("HTTP/1.1 100 Continue\r\n\r\n")), .client(octets("abc")),
                .server(
                    octets("HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")),
            ],
            """
            1 > PUT https://r.test/a HTTP/1.1 3
            1 < interim 100
            1 client ended abc
            1 < interim 103
            1 < 201 1
            1 server ended \n1 over whole\n
            """
        ),
        (
            "early answer",
            [
                .client(request("PUT /a HTTP/1.1", "Content-Length: 9\r\n") + octets("abc")),
                .server(octets("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n")), .serverEnds,
            ],
            "1 > PUT https://r.test/a HTTP/1.1 2\n1 < 401 1\n1 server ended \n1 over whole\n"
        ),
        (
            "upgrade",
            [.client(request("GET /a HTTP/1.1", "Upgrade: tcp\r\n")), .server(octets("HTTP/1.1 101 S\r\n\r\nxyz"))],
            "1 > GET https://r.test/a HTTP/1.1 2\n1 client ended \n1 < 101 0\n1 server ended \n1 over whole\nopaque upgrade\n"
        ),
        (
            "conflicting framing",
            [.client(request("POST /a HTTP/1.1", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"))],
            "1 > POST https://r.test/a HTTP/1.1 3\nodd client conflicting-framing\n1 over conflicting-framing\nopaque conflicting-framing\n"
        ),
        ("not HTTP", [.client([0x00, 0x01, 0x02])], "opaque not HTTP\n"),
    ]

    @Test(arguments: cases.indices)
    func `a conversation reads the same however it is cut`(index: Int) {
        let sample = Self.cases[index]
        #expect(Transcript(sample.steps, cut: { _ in [] }).text == sample.expected, "\(sample.name), whole")
        #expect(
            Transcript(sample.steps, cut: { Array(1..<max(1, $0)) }).text == sample.expected, "\(sample.name), bytes")
        for seed in 0..<50 {
            var random = SeededGenerator(seed: UInt64(seed))
            let cut = Transcript(sample.steps) { count in
                (0..<3).map { _ in Int.random(in: 0...count, using: &random) }.sorted()
            }
            #expect(cut.text == sample.expected, "\(sample.name), seed \(seed)")
        }
    }

    @Test func `mutated conversations neither trap nor end an exchange twice`() {
        for seed in 0..<4_000 {
            var random = SeededGenerator(seed: UInt64(seed))
            let sample = Self.cases[seed % Self.cases.count]
            let steps = sample.steps.map { step -> Step in
                switch step {
                case .client(let octets): .client(mutated(octets, &random))
                case .server(let octets): .server(mutated(octets, &random))
                case .clientEnds, .serverEnds: step
                }
            }
            let transcript = Transcript(steps) { count in [Int.random(in: 0...count, using: &random)] }
            #expect(transcript.ends.values.allSatisfy { $0 == 1 }, "seed \(seed)")
            #expect(transcript.openAtEnd == 0, "seed \(seed)")
        }
    }

    private func mutated(_ octets: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var octets = octets
        for _ in 0..<Int.random(in: 1...4, using: &random) where !octets.isEmpty {
            octets[Int.random(in: octets.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        return octets
    }

    private static func octets(_ text: String) -> [UInt8] { Array(text.utf8) }

    private static func request(_ line: String, _ fields: String = "") -> [UInt8] {
        Array("\(line)\r\nHost: r.test\r\n\(fields)\r\n".utf8)
    }
}
