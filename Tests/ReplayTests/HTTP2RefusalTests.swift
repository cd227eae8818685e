import Foundation
import Replay
import TapeModel
import TestSupport
import Testing

/// Requests of HTTP/2 that would mean something else in HTTP/1 (RELIABILITY.md S7, S8, D2).
@Suite(.timeLimit(.minutes(3)))
struct HTTP2RefusalTests {
    struct Cell: Sendable, CustomTestStringConvertible {
        let sentence: String
        let fields: [(String, String)]
        var testDescription: String { sentence }
    }

    private static let usual = [(":method", "GET"), (":scheme", "http"), (":path", "/odd"), (":authority", "x")]

    private static func with(_ name: String, _ value: String) -> [(String, String)] {
        usual.map { $0.0 == name ? (name, value) : $0 }
    }

    private static let octets: [Cell] = ["\r", "\n", "\0", " ", "\t", "\u{7F}", "\r\nA: b\r\n"].flatMap(cells)

    private static func cells(_ octet: String) -> [Cell] {
        let pseudo: [(String, String)] = [
            (":method", "GE\(octet)T"), (":path", "/odd\(octet)"), (":path", "\(octet)/odd"),
            (":authority", "x\(octet)y"), (":scheme", "ht\(octet)tp"),
        ]
        let fields: [(String, String)] = [
            ("x\(octet)y", "a"), ("\(octet)x", "a"), ("x\(octet)", "a"), ("x", "\(octet)a"), ("x", "a\(octet)"),
        ]
        let sentence = "S8 \(octet.debugDescription) in"
        return pseudo.map { Cell(sentence: "\(sentence) \($0.0)", fields: with($0.0, $0.1)) }
            + fields.map { Cell(sentence: "\(sentence) \($0.0.debugDescription)", fields: usual + [$0]) }
    }

    private static let others: [Cell] =
        pseudoFields + fields + [
            Cell(sentence: "S3 two lengths", fields: usual + [("content-length", "0"), ("content-length", "0")]),
            Cell(sentence: "S8 two hosts", fields: usual + [("host", "x"), ("host", "y")]),
        ]

    private static let pseudoFields: [Cell] = {
        let cells: [(String, [(String, String)])] = [
            ("a colon in :method", with(":method", "GE:T")), ("an empty :method", with(":method", "")),
            ("an empty :path", with(":path", "")), ("a :path that is a host", with(":path", "odd")),
            ("a :path in absolute form", with(":path", "http://y/odd")), ("an empty :scheme", with(":scheme", "")),
            ("a :scheme of its own", with(":scheme", "ftp")), ("user information", with(":authority", "u@x")),
            ("two ports", with(":authority", "x:1:2")), ("CONNECT", with(":method", "CONNECT")),
            ("a path in :authority", with(":authority", "x/odd")),
            ("no :method", usual.filter { $0.0 != ":method" }), ("no :path", usual.filter { $0.0 != ":path" }),
            ("no :scheme", usual.filter { $0.0 != ":scheme" }), ("a second :path", usual + [(":path", "/other")]),
            ("a second :method", [(":method", "POST")] + usual), ("a second :authority", usual + [(":authority", "y")]),
            ("a late pseudo-field", Array(usual.dropLast()) + [("a", "b"), (":authority", "x")]),
            ("a pseudo-field of answers", usual + [(":status", "200")]), ("an unknown one", usual + [(":odd", "a")]),
        ]
        return cells.map { Cell(sentence: "S8 \($0.0)", fields: $0.1) }
    }()

    private static let fields: [Cell] = {
        let fields: [(String, String)] = [
            ("connection", "close"), ("connection", "content-length"), ("keep-alive", "1"),
            ("proxy-connection", "close"), ("transfer-encoding", "chunked"), ("upgrade", "h2c"), ("te", "gzip"),
            ("host", "other"), ("X-Upper", "a"), ("content-length", "5"), ("content-length", "-1"),
            ("content-length", "+0"), ("content-length", "0x0"), ("", "a"), ("x:y", "a"), ("x(", "a"),
            ("x\u{E9}", "a"),
        ]
        return fields.map { field in
            Cell(sentence: "S8 the field \(field.0.debugDescription): \(field.1)", fields: usual + [field])
        }
    }()

    @Test(arguments: octets + others)
    func `a request that means something else elsewhere is an error, and is not answered`(cell: Cell) async throws {
        let odd = ReplayStage.exchange("GET", "/odd", text: "ODD")
        try await ReplayStage.run([ReplayStage.ping, odd]) { stage in
            let (heard, isOpen) = try await RawSocket.use(stage.port) { socket in
                socket.send(
                    RawHTTP2.opening + RawHTTP2.request(cell.fields, stream: 1) + RawHTTP2.get("/v2/", stream: 3))
                return socket.hear(streams: [1, 3])
            }
            // The stream ends with it and the next is served, or the whole connection does.
            let first = heard.answers[1]
            if isOpen {
                #expect(first?.resetCode != nil || first?.statuses.first.map { $0 >= 400 } == true, "\(heard)")
                #expect(heard.answers[3]?.text == "{}", "\(heard)")
            }
            #expect(first?.text.contains("ODD") != true, "\(heard)")
            #expect(try await stage.servesNextClient())
        }
    }

    @Test func `each octet at each place of a field is taken exactly where the standard allows it`() async throws {
        let odd = ReplayStage.exchange("GET", "/odd", text: "ODD")
        try await ReplayStage.run([ReplayStage.ping, odd]) { stage in
            for place in 0..<4 {
                for octet in UInt8.min ... .max {
                    let mark = String(Unicode.Scalar(octet))
                    let field = [("\(mark)x", "a"), ("x\(mark)y", "a"), ("x", "\(mark)a"), ("x", "a\(mark)b")][place]
                    let isLetter = (0x61...0x7A).contains(octet) || (0x30...0x39).contains(octet)
                    let isToken = isLetter || "!#$%&'*+-.^_`|~".utf8.contains(octet)
                    // Octets above ASCII are no UTF-8 by themselves, and whoever decodes them may refuse them.
                    let isVisible = octet > 0x20 && octet < 0x7F
                    let isGood = [isToken, isToken, isVisible, isVisible || octet == 0x20 || octet == 9][place]
                    if place >= 2, octet >= 0x80 { continue }
                    let (heard, _) = try await RawSocket.use(stage.port) { socket in
                        socket.send(RawHTTP2.opening + RawHTTP2.request(Self.usual + [field], stream: 1))
                        return socket.hear(streams: [1])
                    }
                    let isAnswered = heard.answers[1]?.text == "ODD"
                    #expect(isAnswered == isGood, "octet \(octet) at \(place)")
                }
            }
            #expect(try await stage.servesNextClient())
        }
    }

    @Test func `content of another length than was announced is an error of its stream`() async throws {
        try await ReplayStage.run([ReplayStage.ping, ReplayStage.tags]) { stage in
            for length in [3, 7] {
                let (heard, isOpen) = try await RawSocket.use(stage.port) { socket in
                    socket.send(
                        RawHTTP2.opening
                            + RawHTTP2.request(
                                "POST", "/v2/app/tags/list", stream: 1, more: [("content-length", "\(length)")],
                                isEnd: false) + RawHTTP2.frame(0, flags: 1, stream: 1, Array("12345".utf8))
                            + RawHTTP2.get("/v2/", stream: 3))
                    return socket.hear(streams: [1, 3])
                }
                #expect(!isOpen || heard.answers[1]?.resetCode != nil, "\(heard)")
                #expect(try await stage.servesNextClient())
            }
        }
    }

    @Test func `more than 256 fields are told so, and more than 64 KiB end the connection`() async throws {
        try await ReplayStage.run([ReplayStage.ping, ReplayStage.tags]) { stage in
            let (crowded, _) = try await RawSocket.use(stage.port) { socket in
                let fields = (0..<257).map { ("x\($0)", "a") }
                socket.send(
                    RawHTTP2.opening + RawHTTP2.get("/v2/", stream: 1, more: fields)
                        + RawHTTP2.get("/v2/app/tags/list", stream: 3))
                return socket.hear(streams: [1, 3])
            }
            #expect(crowded.answers[1]?.statuses == [431], "\(crowded)")
            #expect(crowded.answers[3]?.statuses == [200], "\(crowded)")
            let (long, isOpen) = try await RawSocket.use(stage.port) { socket in
                let block = RawHTTP2.block(
                    Self.usual + (0..<5).map { ("x\($0)", String(repeating: "a", count: 15_000)) })
                let pieces = stride(from: 0, to: block.count, by: 16_000).map { Array(block[$0...].prefix(16_000)) }
                var octets = RawHTTP2.opening
                for (number, piece) in pieces.enumerated() {
                    let flags: UInt8 = (number == 0 ? 0x01 : 0) | (number == pieces.count - 1 ? 0x04 : 0)
                    octets += RawHTTP2.frame(number == 0 ? 1 : 9, flags: flags, stream: 1, piece)
                }
                socket.send(octets)
                return socket.hear(streams: [1])
            }
            #expect(!isOpen || long.answers[1]?.resetCode != nil, "\(long)")
            #expect(long.answers[1]?.text != "ODD")
            #expect(try await stage.servesNextClient())
        }
    }
}
