import Foundation
import Interop
import TapeModel
import TestSupport
import Testing

/// Recorded tapes as tshark reads them: another program agrees about every exchange.
@Suite(.enabled(if: Program.areUsable("tshark", "capinfos", "sha256sum")), .timeLimit(.minutes(5)))
struct TsharkTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test(arguments: ["docker.tape", "pull-and-push.tape", "authorization-forwarded.tape"])
    func `tshark sees the exchanges that are on the tape, and nothing odd`(name: String) async throws {
        let tape = try RecordsInHand(tape: name)
        let exported = try tape.exported()
        let path = directory.entry("export.pcapng")
        try Data(exported.octets).write(to: URL(filePath: path))
        let tshark = Tshark(path)
        #expect(try await tshark.complaints() == "")
        #expect(try await tshark.packetCount() == PacketFile(exported.octets).packets.count)
        #expect(try await tshark.exchanges() == tape.exchanges.map(Self.expected))

        var digests: [String] = []
        var lengths: [Int64] = []
        for exchange in tape.exchanges {
            for body in [exchange.request.body, exchange.response?.body ?? .empty] where body.length > 0 {
                if exchange.stream != nil {
                    lengths.append(body.length)
                } else if !body.isRedacted {
                    digests.append(try #require(body.sha256))
                }
            }
        }
        let found = try await tshark.contents(in: directory.entry("contents"))
        #expect(Set(digests).subtracting(found) == [])
        #expect(try await tshark.frameOctets() == lengths.sorted())
    }

    /// What tshark should say of an exchange.
    static func expected(_ exchange: Exchange) -> Tshark.Seen {
        let answered = exchange.started.microseconds + exchange.timing.send + exchange.timing.wait
        return Tshark.Seen(
            seq: exchange.seq, method: exchange.request.head.method, url: exchange.request.head.url,
            status: exchange.response?.head.status, requestFields: exchange.request.head.fields.count,
            responseFields: exchange.response?.head.fields.count, started: exchange.started.microseconds,
            answered: exchange.response == nil ? nil : answered)
    }
}
