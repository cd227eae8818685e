import Foundation
import TapeModel
import TapeStore
import TestSupport
import Testing

/// What is exported as packets, read back as a capture: the same exchanges, but for what the export says it lost.
@Suite(.timeLimit(.minutes(2)))
struct ExportReadBackTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test(arguments: ["pull-and-push.tape", "docker.tape", "authorization-forwarded.tape"])
    func `an exported tape read back has its exchanges`(name: String) async throws {
        let tape = RepositoryRoot.path("fixtures/tapes/" + name)
        let (file, back) = (directory.entry("export.pcapng"), directory.entry("back.tape"))
        let export = try await ChildProcess.run(
            Recording.binary, ["export", tape, "--format", "pcapng", "--output", file], within: .seconds(60))
        #expect(export.succeeded, "\(export)")
        // What is redacted already is not to be redacted again, so that its pseudonyms can be compared.
        let capture = try await ChildProcess.run(
            Recording.binary, ["capture", "--read", file, "--tape", back, "--keep-secrets"], within: .seconds(60))
        #expect(capture.succeeded, "\(capture)")
        let before = try Recording.exchanges(of: tape).filter { $0.error == nil }.map(Statement.init)
        let after = try Recording.exchanges(of: back).filter { $0.error == nil }.map(Statement.init)
        #expect(after.map(\.description).sorted() == before.map(\.description).sorted())
        #expect(before.count > 2)
        let packets = try Recording.ends(of: back).compactMap(\.packets)
        #expect(packets.allSatisfy { $0.client.missing == 0 && $0.server.missing == 0 })
        #expect(packets.allSatisfy { $0.client.retransmitted == 0 && $0.server.outOfOrder == 0 })
    }

    /// An exchange as it must come back.
    private struct Statement: CustomStringConvertible {
        let description: String

        init(_ exchange: Exchange) {
            let request = exchange.request
            var lines = [
                "\(exchange.started.timestamp) +\(exchange.timing.send + exchange.timing.wait) "
                    + "\(request.head.method) \(Self.plain(request.head.url)) \(request.head.version)"
            ]
            lines += Self.message(request.head.fields, request.body)
            if let response = exchange.response {
                lines.append("\(response.head.status) \(response.head.version)")
                lines += Self.message(response.head.fields, response.body)
            }
            description = lines.joined(separator: "\n")
        }

        private static func message(_ fields: [FieldLine], _ body: Body) -> [String] {
            // A redacted text is filled up with blanks to the length that it had.
            var content = body.text ?? body.sha256 ?? ""
            while content.last == " " { content.removeLast() }
            return fields.map { "\($0.name.lowercased()): \($0.value)" } + ["\(body.length) octets: \(content)"]
        }

        /// TLS is not exported.
        private static func plain(_ url: String) -> String { url.replacing("https://", with: "http://") }
    }
}

extension Recording {
    static func ends(of tape: String) throws -> [ConnectionEnd] {
        let reader = try TapeReader(directory: tape)
        var ends: [ConnectionEnd] = []
        while let entry = try reader.next() {
            if case .connectionEnd(let end)? = entry.record { ends.append(end) }
        }
        return ends
    }
}
