import Diagnosis
import Foundation
import Registry
import TapeModel
import TestSupport
import Testing

/// What is found in tapes of real clients (fixtures/tapes/README.md).
struct RecordedTapeTests {
    private func findings(_ name: String) throws -> [Finding] {
        let directory = RepositoryRoot.path("fixtures/tapes/" + name)
        var decoder = TraceDecoder()
        var engine = DiagnosisEngine()
        for text in try String(contentsOfFile: directory + "/tape.jsonl", encoding: .utf8).split(separator: "\n") {
            let line = try TapeLine(decoding: Array(text.utf8))
            var contents = TraceDecoder.Contents()
            if case .exchange(let exchange) = line.record, decoder.wanted(for: exchange).response,
                let digest = exchange.response?.body.sha256
            {
                contents.response = try Array(Data(contentsOf: URL(filePath: "\(directory)/bodies/sha256/\(digest)")))
            }
            for event in decoder.handle(line.record, seq: line.seq, contents: contents) { engine.handle(event) }
        }
        for event in decoder.finish() { engine.handle(event) }
        return engine.finish(decoder.summary)
    }

    @Test func `in a healthy pull and push nothing of weight is found`() throws {
        let heavy = try findings("pull-and-push.tape").filter { $0.severity >= .warning }
        #expect(heavy.isEmpty, "\(heavy.transcript)")
    }

    @Test func `the token that curl sent on is the verdict`() throws {
        let findings = try findings("authorization-forwarded.tape")
        let first = try #require(findings.first)
        #expect(first.rule == "authorization-forwarded" && first.severity == .error, "\(findings.transcript)")
        #expect(first.title.contains("400 InvalidAuthenticationInfo"), "\(first.title)")
        #expect(Set(first.evidence.map(\.seq)).count == 2)
        #expect(findings.filter { $0.severity >= .warning }.count == 1, "\(findings.transcript)")
    }
}
