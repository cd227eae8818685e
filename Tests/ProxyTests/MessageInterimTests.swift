import Foundation
import TapeModel
import Testing

/// `Expect: 100-continue` and interim responses (RELIABILITY.md S13, S14).
@Suite(.serialized, .timeLimit(.minutes(1)))
struct MessageInterimTests {
    enum Word: String, Sendable, CaseIterable {
        case goOn = "100 Continue"
        case refused = "417 Expectation Failed"
        case unauthorized = "401 Unauthorized"
        case done = "200 OK"
        case silence
    }

    enum Sending: Sendable, CaseIterable {
        case early, late, never
    }

    /// A body that would be a request if anybody lost count.
    private static let body = "GET /smuggled HTTP/1.1\r\nHost: smuggled\r\n\r\n"

    @Test(arguments: MessageStage.Mode.allCases, Word.allCases)
    func `a client that waits to be told hears what the origin said`(mode: MessageStage.Mode, word: Word) async throws {
        for sending in Sending.allCases { try await cell(mode, word, sending) }
    }

    private func cell(_ mode: MessageStage.Mode, _ word: Word, _ sending: Sending) async throws {
        let heard = Signal()
        var script = OriginScript()
        script.onHead = { _, number in
            guard number == 0 else { return [] }
            heard.raise()
            switch word {
            case .silence: return []
            case .goOn: return [.send("HTTP/1.1 100 Continue\r\n\r\n")]
            case .refused, .unauthorized, .done:
                return [.send("HTTP/1.1 \(word.rawValue)\r\nContent-Length: 5\r\n\r\nfinal")]
            }
        }
        let usual = script.onRequest
        let isFinal = word != .silence && word != .goOn
        script.onRequest = { request, number in number == 0 && isFinal ? [] : usual(request, number) }
        let stage = try await MessageStage.open(mode, script)
        let client = try await stage.client()
        let head = stage.head("PUT") + "Expect: 100-continue\r\nContent-Length: \(Self.body.utf8.count)\r\n\r\n"
        client.send(head + (sending == .early ? Self.body : ""))
        try await heard.wait()
        switch (word, sending) {
        case (.goOn, .early), (.goOn, .late), (.silence, .early), (.silence, .late):
            if word == .goOn { try await client.heard("HTTP/1.1 100 Continue\r\n\r\n") }
            if sending == .late { client.send(Self.body) }
            #expect(try await client.answers(to: "PUT").map(\.text) == ["ok"])
            client.send(stage.head("GET", "/again") + "\r\n")
            #expect(try await client.answers(to: "PUT", "GET").map(\.text) == ["ok", "ok"])
            client.close()
        case (.goOn, .never), (.silence, .never):
            if word == .goOn { try await client.heard("HTTP/1.1 100 Continue\r\n\r\n") }
            client.finish()
            #expect(try await client.all().contains("HTTP/1.1 5") == false)
        default:
            let answers = try await client.answers(to: "PUT")
            #expect(answers.map(\.text) == ["final"])
            #expect(answers.first?.status == Int(word.rawValue.prefix(3)))
            if sending == .late { client.send(Self.body) }
            // Without the body, or with half of it under way, that connection is good for nothing more.
            let isKept = sending == .early && answers.first?.value("connection") == nil
            if isKept { client.close() } else { _ = try await client.all() }
        }
        #expect(try await stage.servesNextClient())
        await stage.end()
        let told = "\(word) \(sending)"
        #expect(!stage.origin.requests.contains { $0.startLine.contains("smuggled") }, "\(told)")
        #expect(stage.tape.rejected.isEmpty, "\(told): \(stage.tape.rejected)")
        let first = try #require(stage.tape.exchanges.first)
        #expect(first.interim == (word == .goOn ? [100] : []), "\(told)")
        #expect(first.isOver, "\(told)")
        let isBroken = !isFinal && sending == .never
        #expect(first.error?.party == (isBroken ? .client : nil), "\(told): \(String(describing: first.error))")
        #expect(first.error?.code == (isBroken ? "client-left" : nil), "\(told)")
    }

    @Test(arguments: MessageStage.Mode.allCases, 0...17)
    func `up to sixteen interim responses are passed on in order and kept apart`(
        mode: MessageStage.Mode, count: Int
    ) async throws {
        let interim = (0..<count).map { "HTTP/1.1 10\($0 % 3) Note\r\nX-Number: \($0)\r\n\r\n" }
            .map { $0.replacingOccurrences(of: " 101 ", with: " 103 ") }
        let final = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfinal"
        let stage = try await MessageStage.open(mode, .answering(interim.joined() + final))
        let client = try await stage.client()
        client.send(stage.head() + "\r\n")
        if count <= 16 {
            #expect(try await client.answers(to: "GET").map(\.text) == ["final"])
            #expect(client.heard == interim.joined() + final)
            client.send(stage.head("GET", "/again") + "\r\n")
            #expect(try await client.answers(to: "GET", "GET").map(\.text) == ["final", "ok"])
            client.close()
        } else {
            let all = try await client.all()
            #expect(all.hasPrefix(interim.prefix(16).joined() + "HTTP/1.1 502 "))
        }
        await stage.end()
        let statuses = interim.map { Int($0.dropFirst(9).prefix(3)) ?? 0 }
        #expect(stage.tape.exchanges.first?.interim.prefix(16) == statuses.prefix(16))
        #expect(stage.tape.rejected.count == (count <= 16 ? 0 : 1))
    }

    @Test(arguments: MessageStage.Mode.allCases)
    func `a client of HTTP/1_0 hears no interim response, no chunks, and that its connection is kept`(
        mode: MessageStage.Mode
    ) async throws {
        let stage = try await MessageStage.open(
            mode,
            .answering(
                "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfinal",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"))
        let client = try await stage.client()
        client.send(stage.head(version: "HTTP/1.0") + "Connection: keep-alive\r\n\r\n")
        let first = try await client.answers(to: "GET")
        #expect(client.heard == "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nfinal")
        #expect(first.map(\.text) == ["final"])
        client.send(stage.head(version: "HTTP/1.0") + "Connection: keep-alive\r\n\r\n")
        let all = try await client.all()
        #expect(all.hasSuffix("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabcde"))
        await stage.end()
        #expect(stage.tape.exchanges.count == 2)
    }
}
