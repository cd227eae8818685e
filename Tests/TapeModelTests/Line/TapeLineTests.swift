import TapeModel
import Testing

private let instant = Instant(microseconds: 1_795_428_435_123_456)

private var exchange: Exchange {
    var timing = Timing()
    timing.send = 80
    timing.wait = 4100
    let head = RequestHead(
        method: "GET", url: "https://r.example/v2/", version: "HTTP/2", fields: [FieldLine("accept", "*/*\u{1b}[2J")])
    return Exchange(
        seq: 12, connection: 3, stream: 5, source: .proxy, started: instant, timing: timing,
        request: Exchange.Request(head: head, trailers: [FieldLine("x", "y")]),
        interim: [ResponseHead(status: 103, reason: "", version: "HTTP/2", fields: [])],
        response: Exchange.Response(
            head: ResponseHead(status: 200, reason: "", version: "HTTP/2", fields: []),
            body: Body(length: 9, sha256: "ab", stored: .inline, text: "\u{0}\u{85}", isRedacted: true),
            trailers: [FieldLine("a", "b")]),
        error: ExchangeError(party: .tokenServer, code: "reset", detail: "It broke."))
}

private var records: [TapeRecord] {
    let leg = TLSLeg(sni: "r", alpnOffered: ["h2"], versionsOffered: ["TLSv1.3"], ciphersOffered: ["X"], alpn: "h2")
    let certificate = CertificateSummary(
        subject: "CN=r", issuer: "CN=i", names: ["r"], notBefore: instant, notAfter: instant)
    return [
        .tape(
            TapeHeader(id: "00ff", created: instant, tool: "regtape/1", redactionPolicy: "standard", redactionKey: "k")),
        .connection(
            Connection(
                id: 3, source: .capture, mode: .passive, started: instant, client: "c", authority: "a", server: "s",
                clientTLS: leg, certificates: [certificate],
                failure: ExchangeError(party: .network, code: "c", detail: "d"))),
        .connectionEnd(
            ConnectionEnd(id: 3, ended: instant, closedBy: .recorder, clientBytes: 1, serverBytes: .max)),
        .connectionEnd(
            ConnectionEnd(
                id: 4, ended: instant, closedBy: .server, clientBytes: 1, serverBytes: 2,
                packets: PacketCounts(
                    client: PacketCounts.Direction(segments: 1, retransmitted: 2, outOfOrder: 3),
                    server: PacketCounts.Direction(zeroWindows: 4, missing: 5)))),
        .exchange(exchange),
        .anomaly(
            Anomaly(
                connection: 3, exchange: 1, side: .server, seen: instant, code: "c", detail: "d", raw: [0, 255])),
        .gap(Gap(seen: instant, reason: "full")),
        .end(TapeEnd(ended: instant, reason: "stopped")),
    ]
}

@Test func `every kind of record comes back from its line`() throws {
    for record in records {
        let line = TapeLine(seq: 12, record: record).encoded
        #expect(try TapeLine(decoding: line) == TapeLine(seq: 12, record: record))
        #expect(!line.contains { $0 < 0x20 || $0 == 0x7F })
        let text = String(decoding: line, as: UTF8.self)
        #expect(text.hasPrefix("{\"record\":\"\(record.kind)\",\"seq\":12,"))
    }
}

@Test func `an exchange is written as the design says`() {
    let line = TapeLine(
        seq: 1,
        record: .exchange(
            Exchange(
                connection: 3, source: .proxy, started: instant,
                request: Exchange.Request(
                    head: RequestHead(method: "GET", url: "u", version: "HTTP/1.1", fields: []))))
    ).encoded
    let open =
        #"{"record":"exchange","seq":1,"connection":3,"stream":null,"source":"proxy","started":"2026-11-23T10:07:15.123456Z","#
        + #""timing":{"dns":0,"connect":0,"tls":0,"send":0,"wait":0,"receive":0},"#
        + #""request":{"method":"GET","url":"u","version":"HTTP/1.1","fields":[],"body":{"length":0}},"#
        + #""interim":[],"response":null,"error":null"#
    let sum = String(CRC32C.sum(Array(open.utf8)), radix: 16)
    let padded = String(repeating: "0", count: 8 - sum.utf8.count) + sum
    #expect(String(decoding: line, as: UTF8.self) == open + ",\"sum\":\"\(padded)\"}")
}

@Test func `a line edited by hand still decodes, and its sum does not match`() throws {
    let line = String(
        decoding: TapeLine(seq: 1, record: .gap(Gap(seen: instant, reason: "full"))).encoded, as: UTF8.self)
    let edited = Array(line.replacing("full", with: "Full").utf8)
    let decoded = try TapeLine(decoding: edited)
    #expect(!decoded.sumMatches)
    #expect(decoded.record == .gap(Gap(seen: instant, reason: "Full")))
    let resealed = try #require(TapeLine.resealed(edited))
    #expect(try TapeLine(decoding: resealed).sumMatches)
}

@Test func `an unknown kind and unknown members are kept and written again`() throws {
    let text = "{\"record\":\"note\",\"seq\":7,\"x\":{\"y\":[1.50]}}"
    let decoded = try TapeLine(decoding: Array(text.utf8))
    #expect(decoded.seq == 7 && !decoded.sumMatches && decoded.record.kind == "note")
    let again = decoded.encoded
    #expect(String(decoding: again, as: UTF8.self).hasPrefix(text.dropLast() + ",\"sum\":"))
    #expect(try TapeLine(decoding: again).sumMatches)
}

@Test(
    arguments: [
        (0, "1970-01-01T00:00:00.000000Z"), (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
        (-1, "1969-12-31T23:59:59.999999Z"), (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
        (-62_167_219_200_000_000, "0000-01-01T00:00:00.000000Z"),
    ] as [(Int64, String)])
func `an instant is written and read as RFC 3339`(microseconds: Int64, text: String) {
    #expect(Instant(microseconds: microseconds).timestamp == text)
    #expect(Instant(timestamp: text)?.microseconds == microseconds)
}

@Test func `days of eight centuries go there and back`() {
    for day in stride(from: Int64(-150_000), to: 150_000, by: 31) {
        let instant = Instant(microseconds: day * 86_400_000_000 + 3)
        #expect(Instant(timestamp: instant.timestamp) == instant)
    }
}

@Test func `offsets and shorter fractions are understood, nonsense is not`() {
    #expect(Instant(timestamp: "1970-01-01T01:00:00.5+01:00")?.microseconds == 500_000)
    #expect(Instant(timestamp: "1970-01-01t00:00:00.1234567z")?.microseconds == 123_456)
    for wrong in ["", "1970-01-01", "1970-13-01T00:00:00Z", "1970-01-01T00:00:00", "1970-01-01T00:00:00.Z", "x"] {
        #expect(Instant(timestamp: wrong) == nil)
    }
    #expect(Instant(microseconds: .max).timestamp.hasPrefix("9999-12-31"))
    #expect(Instant(microseconds: .min).timestamp.hasPrefix("0000-01-01"))
}
