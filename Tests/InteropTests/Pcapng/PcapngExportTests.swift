import Interop
import TapeModel
import TestSupport
import Testing

/// Packets that never were: what they say, when, and that each is one that could have been.
struct PcapngExportTests {
    static let start: Int64 = 1_795_428_435_000_000

    static func connection(
        _ id: Int = 1, client: String = "192.0.2.7:40000", server: String? = "192.0.2.1:443",
        authority: String = "registry.example:443", failure: ExchangeError? = nil
    ) -> Connection {
        var timing = Timing()
        (timing.dns, timing.connect) = (300, 2000)
        return Connection(
            id: id, source: .proxy, mode: .intercept, started: Instant(microseconds: start), client: client,
            authority: authority, server: server, timing: timing, serverTLS: TLSLeg(version: "TLSv1.3"),
            failure: failure)
    }

    static func end(_ id: Int = 1, at offset: Int64, by closer: ConnectionEnd.Closer, error: ExchangeError? = nil)
        -> TapeRecord
    {
        .connectionEnd(
            ConnectionEnd(
                id: id, ended: Instant(microseconds: start + offset), closedBy: closer, clientBytes: 0, serverBytes: 0,
                error: error))
    }

    static func exchange(
        _ seq: Int64, at offset: Int64 = 10_000, connection: Int = 1, stream: Int? = nil, method: String = "GET",
        path: String = "/v2/", request: Body = .empty, requestFields: [FieldLine] = [], status: Int? = 200,
        fields: [FieldLine] = [FieldLine("Content-Length", "0")], body: Body = .empty, trailers: [FieldLine] = [],
        interim: [Int] = [], error: ExchangeError? = nil
    ) -> Exchange {
        let version = stream == nil ? "HTTP/1.1" : "HTTP/2"
        var timing = Timing()
        (timing.send, timing.wait, timing.receive) = (100, 5000, 4000)
        return Exchange(
            seq: seq, connection: connection, stream: stream, source: .proxy,
            started: Instant(microseconds: start + offset), timing: timing,
            request: Exchange.Request(
                head: RequestHead(
                    method: method, url: "https://registry.example" + path, version: version,
                    fields: (stream == nil ? [FieldLine("Host", "registry.example")] : []) + requestFields),
                body: request),
            interim: interim.map { ResponseHead(status: $0, reason: "Go on", version: version, fields: []) },
            response: status.map {
                Exchange.Response(
                    head: ResponseHead(status: $0, reason: stream == nil ? "OK" : "", version: version, fields: fields),
                    body: body, trailers: trailers)
            }, error: error)
    }

    static func export(_ records: [TapeRecord], files: [String: [UInt8]] = [:]) throws -> (
        file: PacketFile, losses: ExportLosses
    ) {
        let exported = try RecordsInHand(records, files: files).exported()
        let file = try PacketFile(exported.octets)
        expectOrder(file)
        return (file, exported.losses)
    }

    /// Times never go back, and each side's numbers follow from what it and the other have sent.
    static func expectOrder(_ file: PacketFile) {
        for (before, after) in zip(file.packets, file.packets.dropFirst()) { #expect(before.time <= after.time) }
        for stream in file.streams() {
            var next: [String: UInt32] = [:]
            for packet in stream.packets where !packet.isRST {
                if let expected = next[packet.source] { #expect(packet.sequence == expected) }
                if let acknowledged = next[packet.target] { #expect(packet.acknowledgement == acknowledged) }
                let phantom: UInt32 = packet.isSYN || packet.isFIN ? 1 : 0
                next[packet.source] = packet.sequence &+ UInt32(packet.content.count) &+ phantom
            }
        }
    }

    private func text(_ octets: [UInt8]) -> String { String(decoding: octets, as: UTF8.self) }

    @Test func `an exchange is written as it was, at its times`() throws {
        let (file, losses) = try Self.export([
            .connection(Self.connection()),
            .exchange(
                Self.exchange(
                    7, fields: [FieldLine("Content-Length", "5"), FieldLine("X-a", "b")],
                    body: Body(length: 5, stored: .inline, text: "hello"))),
            Self.end(at: 30_000, by: .server),
        ])
        let streams = file.streams()
        #expect(streams.count == 1)
        #expect(text(streams[0].client) == "GET /v2/ HTTP/1.1\r\nHost: registry.example\r\n\r\n")
        #expect(text(streams[0].server) == "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-a: b\r\n\r\nhello")
        #expect(
            file.packets.filter { !$0.content.isEmpty || $0.isSYN || $0.isFIN }.map { $0.time - Self.start } == [
                300, 2300, 10_000, 15_100, 19_100, 30_000, 30_000,
            ])
        #expect(file.packets[0].comments == ["connection 1: registry.example:443, TLSv1.3, port 443, shown on port 80"])
        #expect(file.packets[0].target == "c0.0.2.1:80")
        #expect(file.packets.compactMap(\.comments.first).dropFirst() == ["exchange 7", "exchange 7, answer"])
        #expect(file.packets.first(where: \.isFIN)?.source == "c0.0.2.1:80")
        #expect(losses.secureConnections == 1 && losses.changedFraming == 0)
        #expect(file.comment.contains("TLS layer of one connection is left out"))
        #expect(file.names.count == 1 && file.names[0].contains("registry.example"))
    }

    @Test func `octets of a long body are spread evenly from its first to its last moment`() throws {
        let content = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        let hex = String(repeating: "ab", count: 32)
        let (file, _) = try Self.export(
            [
                .connection(Self.connection()),
                .exchange(
                    Self.exchange(
                        7, fields: [FieldLine("Content-Length", "100000")],
                        body: Body(length: 100_000, sha256: hex, stored: .file))),
            ], files: [hex: content])
        let stream = file.streams()[0]
        #expect(Array(stream.server.suffix(100_000)) == content)
        let sent = stream.packets.filter { !$0.content.isEmpty && $0.source.hasSuffix(":80") }
        #expect(sent.count == 8)
        var octets = 0
        for packet in sent.dropFirst() {
            octets += packet.content.count
            #expect(packet.time == Self.start + 15_100 + Int64(Double(octets) / 100_000 * 4000))
        }
    }

    @Test func `chunks, trailers and interim answers are framed anew`() throws {
        let (file, _) = try Self.export([
            .connection(Self.connection()),
            .exchange(
                Self.exchange(
                    7, method: "PATCH", request: Body(length: 3, stored: .inline, text: "abc"),
                    requestFields: [FieldLine("Transfer-Encoding", "chunked")],
                    fields: [FieldLine("transfer-encoding", "Chunked")],
                    body: Body(length: 17, stored: .inline, text: "seventeen octets."),
                    trailers: [FieldLine("X-Sum", "1")], interim: [100])),
        ])
        let stream = file.streams()[0]
        #expect(text(stream.client).hasSuffix("\r\n\r\n3\r\nabc\r\n0\r\n\r\n"))
        #expect(
            text(stream.server)
                == "HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n"
                + "11\r\nseventeen octets.\r\n0\r\nX-Sum: 1\r\n\r\n")
    }

    @Test(arguments: [("HEAD", 200), ("GET", 304), ("GET", 204)])
    func `an answer without content keeps the length that it speaks of`(method: String, status: Int) throws {
        let (file, _) = try Self.export([
            .connection(Self.connection()),
            .exchange(Self.exchange(7, method: method, status: status, fields: [FieldLine("Content-Length", "612")])),
            .exchange(Self.exchange(8, at: 50_000)),
        ])
        #expect(
            text(file.streams()[0].server)
                == "HTTP/1.1 \(status) OK\r\nContent-Length: 612\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    }

    @Test func `what the tape does not hold is filled up, and said`() throws {
        let bodies: [(Body, String, String)] = [
            (Body(length: 4, stored: Body.Storage.none), "\0\0\0\0", "not on the tape"),
            (Body(length: 6, stored: .inline, text: "ab", isRedacted: true), "ab    ", "blanks"),
            (Body(length: 2, stored: .inline, text: "abcd", isRedacted: true), "abcd", "are 4 here"),
            (Body(length: 2, stored: .inline, text: "abcd", isRedacted: true, isDecoded: true), "abcd", "decoding"),
            (Body(length: 4, sha256: "missing", stored: .file), "\0\0\0\0", "not on the tape"),
        ]
        for (body, content, words) in bodies {
            let (file, losses) = try Self.export([
                .tape(
                    TapeHeader(
                        id: "x", created: Instant(microseconds: 0), tool: "t", redactionPolicy: "standard",
                        redactionKey: "k")),
                .connection(Self.connection()),
                .exchange(
                    Self.exchange(
                        7,
                        fields: [
                            FieldLine("Content-Length", String(body.length)), FieldLine("Content-Encoding", "gzip"),
                        ],
                        body: body)),
            ])
            let answer = text(file.streams()[0].server)
            #expect(answer.hasSuffix("\r\n\r\n" + content), "\(answer)")
            #expect(answer.contains("Content-Length: \(content.utf8.count)\r\n"))
            #expect(
                answer.contains(body.isDecoded ? "\r\nX-Regtape-Content-Encoding: gzip" : "\r\nContent-Encoding: gzip"))
            let comments = file.packets.flatMap(\.comments)
            #expect(comments.contains { $0.contains(words) }, "\(comments)")
            #expect(losses.bodiesNotKept + losses.redactedBodies == 1)
        }
    }

    @Test func `a tape cannot fill a disk with what it does not hold`() throws {
        let trace = RecordsInHand([
            .exchange(
                Self.exchange(
                    7, fields: [FieldLine("Content-Length", "9000000000000")],
                    body: Body(length: 9_000_000_000_000, stored: Body.Storage.none)))
        ])
        var plan = ExportPlan()
        plan.note(trace.records[0].record, seq: 7, place: 0)
        var export = PcapngExport(plan, name: "test.tape", tool: "regtape/test")
        var count = 0
        var head = ""
        try export.write(from: trace) { octets in
            count += octets.count
            if !head.contains("Content-Length") { head = String(decoding: octets.prefix(300), as: UTF8.self) }
        }
        #expect(export.losses.bodiesCut == 1)
        #expect(count < 66 << 20)
        #expect(head.contains("Content-Length: 67108864\r\n"), "\(head)")
    }

    @Test func `a broken answer keeps its promise, ends its connection, and what follows has another`() throws {
        let reset = ExchangeError(party: .network, code: "connection-reset", detail: "The server reset it.")
        let (file, _) = try Self.export([
            .connection(Self.connection()),
            .exchange(
                Self.exchange(
                    7, fields: [FieldLine("Content-Length", "100")],
                    body: Body(length: 3, stored: .partial, text: "abc"), error: reset)),
            .exchange(Self.exchange(8, at: 50_000)),
            Self.end(at: 90_000, by: .server, error: reset),
        ])
        let streams = file.streams()
        #expect(streams.count == 2)
        #expect(text(streams[0].server).hasSuffix("Content-Length: 100\r\n\r\nabc"))
        #expect(streams[0].packets.contains { $0.isFIN })
        #expect(streams[1].packets.last?.isRST == true)
        #expect(streams[1].packets.last?.comments == ["network, connection-reset: The server reset it."])
        #expect(file.packets.flatMap(\.comments).contains("failed (network, connection-reset): The server reset it."))
    }

    @Test func `without a length only the last answer of a connection may end with it`() throws {
        func answer(_ seq: Int64, _ offset: Int64) -> TapeRecord {
            .exchange(
                Self.exchange(seq, at: offset, fields: [], body: Body(length: 2, stored: .inline, text: "hi")))
        }
        let (file, losses) = try Self.export([.connection(Self.connection()), answer(7, 10_000), answer(8, 50_000)])
        #expect(
            text(file.streams()[0].server)
                == "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\n\r\nhi")
        #expect(file.packets.contains { $0.isFIN })
        #expect(losses.changedFraming == 1)
    }

    @Test func `answers of HTTP 1 come one after the other, whatever their times`() throws {
        func long(_ seq: Int64, _ offset: Int64, _ letter: String) -> TapeRecord {
            .exchange(
                Self.exchange(
                    seq, at: offset, fields: [FieldLine("Content-Length", "40000")],
                    body: Body(length: 40_000, stored: .inline, text: String(repeating: letter, count: 40_000))))
        }
        let (file, _) = try Self.export([.connection(Self.connection()), long(7, 10_000, "a"), long(8, 11_000, "b")])
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n"
        let expected = ["a", "b"].map { head + String(repeating: $0, count: 40_000) }.joined()
        #expect(text(file.streams()[0].server) == expected)
    }

    @Test func `connections that failed show how far they came`() throws {
        func failed(_ code: String, _ id: Int) -> TapeRecord {
            .connection(
                Self.connection(
                    id, client: "192.0.2.7:\(40000 + id)",
                    failure: ExchangeError(party: .network, code: code, detail: "So it was.")))
        }
        let (file, losses) = try Self.export([
            failed("connection-refused", 1), failed("connect-timeout", 2), failed("name-not-found", 3),
            failed("handshake-broken", 4),
        ])
        let flags = file.streams().map { $0.packets.map(\.flags) }
        #expect(flags == [[0x02, 0x14], [0x02], [0x02, 0x12, 0x10, 0x11, 0x10, 0x11, 0x10]])
        #expect(losses.unsent == 1)
        #expect(file.packets[0].comments.last == "failed (network, connection-refused): So it was.")
    }

    @Test func `every connection has addresses of its own, real ones where there are any`() throws {
        let (file, losses) = try Self.export([
            .connection(Self.connection(1)), .exchange(Self.exchange(1, connection: 1)),
            .connection(Self.connection(2)), .exchange(Self.exchange(2, connection: 2)),
            .connection(Self.connection(3, client: "[2001:db8::7]:4", server: "[2001:db8::1]:8080")),
            .exchange(Self.exchange(3, connection: 3)),
            .connection(Self.connection(4, client: "", server: nil, authority: "other.example:5000")),
            .exchange(Self.exchange(4, connection: 4)),
            .exchange(Self.exchange(5, connection: 9)),
        ])
        let streams = file.streams()
        #expect(streams.count == 5)
        #expect(Set(streams.map { $0.packets[0].source + $0.packets[0].target }).count == 5)
        #expect(streams.contains { $0.packets[0].source.hasSuffix(".0.7:4") })
        #expect(losses.madeUpAddresses == 2)
        #expect(file.names[0].contains("other.example"))
    }

    @Test func `no text of a tape ends a line of a message, and no time is too odd`() throws {
        var odd = Self.exchange(
            7, path: "/a\r\nX: y", requestFields: [FieldLine("A\r\nB", "c\r\nd\0"), FieldLine("", "")])
        odd.timing.wait = .max
        odd.timing.receive = .min
        var early = Self.exchange(8)
        early.started = Instant(microseconds: .min)
        early.timing.send = .max
        var late = Self.exchange(9, stream: 3)
        late.started = Instant(microseconds: .max)
        let (file, _) = try Self.export([
            .exchange(odd), .exchange(early), .exchange(late), Self.end(at: 0, by: .client),
        ])
        let lines = file.streams().flatMap { text($0.client).split(separator: "\r\n") }
        #expect(!lines.contains("X: y") && !lines.contains { $0.hasPrefix("B:") })
    }
}
