import Foundation
import TapeModel
import TestSupport
import Testing

/// Requests that two readers might read differently reach nobody (RELIABILITY.md S1-S6, S12, D2).
@Suite(.serialized, .timeLimit(.minutes(3)))
struct MessageRequestRefusalTests {
    @Test(arguments: MessageStage.Mode.allCases, AmbiguousRequest.all)
    func `an ambiguous request is refused whole, recorded once, and the next client is served`(
        mode: MessageStage.Mode, cell: AmbiguousRequest
    ) async throws {
        let stage = try await MessageStage.open(mode)
        let client = try await stage.client()
        client.send(stage.filled(cell) + Latin1.octets(AmbiguousRequest.smuggled))
        client.finish()
        let answer = try await client.all()
        #expect(answer.hasPrefix("HTTP/1.1 \(cell.status) "), "\(answer)")
        #expect(answer.components(separatedBy: "HTTP/1.1 ").count == 2, "more than one answer: \(answer)")
        #expect(answer.lowercased().contains("connection: close"))
        #expect(!stage.origin.heard.contains("smuggled"))
        if !cell.mayBegin { #expect(stage.origin.heard == "") }
        #expect(try await stage.servesNextClient())
        await stage.end()
        #expect(stage.tape.rejected.count == 1)
        #expect(stage.tape.rejected.allSatisfy { !$0.raw.isEmpty && $0.side == .client })
        #expect(stage.tape.exchanges.filter { $0.error == nil }.count == stage.origin.requests.count)
    }

    @Test(arguments: MessageStage.Mode.allCases)
    func `what went on before a bad chunk is an exchange that the client broke`(mode: MessageStage.Mode) async throws {
        let heard = Signal()
        var script = OriginScript()
        script.onHead = { _, number in
            if number == 0 { heard.raise() }
            return []
        }
        let stage = try await MessageStage.open(mode, script)
        let client = try await stage.client()
        client.send(stage.head("PUT", "/first") + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        try await heard.wait()
        client.send("x\r\nGET /smuggled HTTP/1.1\r\n\r\n")
        #expect(try await client.all().hasPrefix("HTTP/1.1 400 "))
        #expect(try await stage.servesNextClient())
        await stage.end()
        #expect(stage.tape.rejected.count == 1)
        #expect(!stage.origin.heard.contains("smuggled"))
        let broken = try #require(stage.tape.exchanges.first)
        #expect(broken.error?.party == .client)
        #expect(broken.error?.code == "bad-chunk")
        #expect(stage.tape.exchanges.count == 2)
    }
}
