import TapeModel
import TestSupport
import Testing

/// Switching protocols in the message modes (RELIABILITY.md S10, RFC 9110 §7.8).
@Suite(.serialized, .timeLimit(.minutes(1)))
struct MessageUpgradeTests {
    @Test(arguments: MessageStage.Mode.allCases)
    func `an accepted upgrade is copied blindly both ways, and nothing before it`(mode: MessageStage.Mode) async throws
    {
        var script = OriginScript()
        script.onRequest = { _, _ in
            [
                .send(
                    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw/1\r\n\r\nfrom the origin\n"
                )
            ]
        }
        script.onOctets = { [.sendOctets($0)] }
        script.onEnd = { [.send("last of the origin"), .finish] }
        let stage = try await MessageStage.open(mode, script)
        let client = try await stage.client()
        client.send(
            stage.head("GET", "/session")
                + "Connection: x-gone, Upgrade\r\nX-Gone: a\r\nUpgrade: raw/1\r\n\r\nGET /early")
        try await client.heard("from the origin\nGET /early")
        client.send("\r\n\r\n\u{0}anything")
        try await client.heard("\u{0}anything")
        client.finish()
        let all = try await client.all()
        #expect(all.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
        #expect(all.contains("Connection: upgrade\r\n") && all.contains("Upgrade: raw/1\r\n"))
        #expect(all.hasSuffix("last of the origin"))
        await stage.end()
        let request = try #require(stage.origin.requests.first)
        #expect(request.value("connection") == "upgrade")
        #expect(request.value("upgrade") == "raw/1")
        #expect(request.value("x-gone") == nil)
        #expect(
            stage.origin.connections.first.map { Latin1.text($0.octets).hasSuffix("GET /early\r\n\r\n\u{0}anything") }
                == true)
        let exchange = try #require(stage.tape.exchanges.first)
        #expect(exchange.response?.status == 101)
        #expect(exchange.error == nil)
        #expect(stage.tape.now.opaque.contains("upgrade"))
        #expect(stage.tape.rejected.isEmpty)
        #expect(stage.tape.exchanges.count == 1)
    }

    @Test(arguments: MessageStage.Mode.allCases)
    func `octets behind an upgrade wait for the origin's word`(mode: MessageStage.Mode) async throws {
        let stage = try await MessageStage.open(mode, .answering())
        let client = try await stage.client()
        client.send(stage.head("GET", "/session") + "Connection: Upgrade\r\nUpgrade: raw/1\r\n\r\nnot HTTP\r\n\r\n")
        // Refused by a usual answer: what was held is read as the request that it is not.
        let all = try await client.all()
        #expect(all.hasPrefix("HTTP/1.1 200 ") && all.contains("\r\n\r\nokHTTP/1.1 400 "))
        await stage.end()
        #expect(!stage.origin.heard.contains("not HTTP"))
        #expect(stage.tape.rejected.count == 1)
    }

    @Test(arguments: MessageStage.Mode.allCases, [200, 400, 426, 501])
    func `behind a refused upgrade the next octets are a request`(mode: MessageStage.Mode, status: Int) async throws {
        let stage = try await MessageStage.open(
            mode, .answering("HTTP/1.1 \(status) No\r\nContent-Length: 2\r\n\r\nno"))
        let client = try await stage.client()
        client.send(
            stage.head("GET", "/session") + "Connection: Upgrade\r\nUpgrade: raw/1\r\n\r\n" + stage.head("GET", "/next")
                + "\r\n")
        let answers = try await client.answers(to: "GET", "GET")
        #expect(answers.map(\.status) == [status, 200])
        #expect(answers.map(\.text) == ["no", "ok"])
        client.close()
        await stage.end()
        #expect(stage.origin.requests.map { String($0.startLine.split(separator: " ")[1]) } == ["/session", "/next"])
        #expect(stage.tape.exchanges.count == 2)
    }

    struct Offer: Sendable, CustomTestStringConvertible {
        let sentence: String
        let fields: String
        var version = "HTTP/1.1"

        var testDescription: String { sentence }
    }

    @Test(
        arguments: MessageStage.Mode.allCases,
        [
            Offer(
                sentence: "h2c",
                fields: "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"),
            Offer(sentence: "h2c in capitals", fields: "Connection: Upgrade\r\nUpgrade: H2C\r\n"),
            Offer(sentence: "h2c in a list", fields: "Connection: Upgrade\r\nUpgrade: raw/1, h2c\r\n"),
            Offer(
                sentence: "h2c on a second line", fields: "Connection: Upgrade\r\nUpgrade: raw/1\r\nUpgrade: h2c\r\n"),
            Offer(sentence: "settings without an upgrade", fields: "HTTP2-Settings: AAMAAABkAAQAAP__\r\n"),
            Offer(sentence: "an upgrade that Connection does not name", fields: "Upgrade: raw/1\r\n"),
            Offer(
                sentence: "an upgrade of HTTP/1.0", fields: "Connection: Upgrade\r\nUpgrade: raw/1\r\n",
                version: "HTTP/1.0"),
            Offer(sentence: "an empty upgrade", fields: "Connection: Upgrade\r\nUpgrade:\r\n"),
        ])
    func `an upgrade that is none of the origin's business stays with us`(
        mode: MessageStage.Mode, offer: Offer
    ) async throws {
        let stage = try await MessageStage.open(mode)
        let client = try await stage.client()
        client.send(stage.head(version: offer.version) + offer.fields + "\r\n")
        let answers = try await client.answers(to: "GET")
        #expect(answers.map(\.text) == ["ok"])
        client.close()
        await stage.end()
        let request = try #require(stage.origin.requests.first)
        for name in ["connection", "upgrade", "http2-settings"] { #expect(request.value(name) == nil, "\(name)") }
    }

    @Test func `with --reverse a CONNECT and a foreign absolute target lead nowhere`() async throws {
        let stage = try await MessageStage.open(.reverse)
        let host = "Host: 127.0.0.1:\(stage.port)\r\n"
        for start in [
            "CONNECT 127.0.0.1:\(stage.origin.port)", "GET http://127.0.0.1:\(stage.origin.port)/",
            "GET https://127.0.0.1/",
            "GET example.test:80", "GET http://user@127.0.0.1:1/",
        ] {
            let client = try await stage.client()
            client.send("\(start) HTTP/1.1\r\n\(host)\r\n")
            #expect(try await client.all().hasPrefix("HTTP/1.1 421 "), "\(start)")
        }
        let client = try await stage.client()
        client.send("GET http://127.0.0.1:\(stage.port)/own HTTP/1.1\r\n\(host)\r\n")
        #expect(try await client.answers(to: "GET").map(\.text) == ["ok"])
        client.close()
        await stage.end()
        #expect(stage.origin.requests.map(\.startLine) == ["GET /own HTTP/1.1"])
        #expect(stage.tape.rejected.count == 5)
    }
}
