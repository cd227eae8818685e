import Foundation
import TapeModel
import TestSupport
import Testing

/// Each octet at each place of a field line is passed on exactly where the standard allows it (RELIABILITY.md S7).
@Suite(.serialized, .timeLimit(.minutes(3)))
struct MessageOctetTests {
    @Test(arguments: MessageStage.Mode.allCases, FieldPlace.allCases)
    func `the octets of a request's fields are passed on as they are, or not at all`(
        mode: MessageStage.Mode, place: FieldPlace
    ) async throws {
        let stage = try await MessageStage.open(mode)
        var expected: [String] = []
        for octet in UInt8.min ... .max {
            let client = try await stage.client()
            client.send(
                Array((stage.head() + "Connection: close\r\n").utf8) + place.line(octet) + Array("\r\n\r\n".utf8))
            client.finish()
            let answer = try await client.all()
            let forwarded = place.forwarded(octet).map(Latin1.text)
            if let forwarded { expected.append(forwarded) }
            #expect(answer.hasPrefix(forwarded == nil ? "HTTP/1.1 400 " : "HTTP/1.1 200 "), "octet \(octet): \(answer)")
        }
        await stage.end()
        let lines = stage.origin.requests.map { $0.fields.first { !$0.hasPrefix("Host:") } ?? "" }
        #expect(lines == expected)
        #expect(stage.tape.exchanges.count == expected.count)
        #expect(stage.tape.rejected.count == 256 - expected.count)
    }

    @Test(arguments: MessageStage.Mode.allCases, FieldPlace.allCases)
    func `the octets of an answer's fields are passed on as they are, or not at all`(
        mode: MessageStage.Mode, place: FieldPlace
    ) async throws {
        var script = OriginScript()
        script.onRequest = { _, number in
            let octet = UInt8(truncatingIfNeeded: number)
            let head = Array("HTTP/1.1 204 No Content\r\n".utf8)
            return [.sendOctets(head + place.line(octet) + Array("\r\n\r\n".utf8))]
        }
        let stage = try await MessageStage.open(mode, script)
        for octet in UInt8.min ... .max {
            let client = try await stage.client()
            client.send(stage.head() + "Connection: close\r\n\r\n")
            let answer = try await client.all()
            if let forwarded = place.forwarded(octet) {
                let lines = answer.components(separatedBy: "\r\n")
                #expect(lines[1] == Latin1.text(forwarded), "octet \(octet): \(answer.debugDescription)")
            } else {
                #expect(answer.hasPrefix("HTTP/1.1 502 "), "octet \(octet): \(answer.debugDescription)")
            }
        }
        await stage.end()
        #expect(stage.tape.exchanges.count == 256)
    }
}
