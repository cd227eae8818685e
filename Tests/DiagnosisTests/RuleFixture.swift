import Diagnosis
import Foundation
import Interop
import Registry
import TapeModel
import TestSupport

/// The folder of a rule below `fixtures/rules`: a transcript that shows the fault, one that does not, and what was found
/// in the first.
struct RuleFixture {
    let name: String

    var directory: String { RepositoryRoot.path("fixtures/rules/\(name)") }
    var faultPath: String { directory + "/fault.http" }
    var cleanPath: String { directory + "/clean.http" }
    /// Where there is one: another fault that looks like this one.
    var nearPath: String? {
        let path = directory + "/near.http"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }
    var snapshotPath: String { directory + "/finding.txt" }

    /// What the whole catalogue finds in a transcript.
    static func findings(in path: String, rules: [any Rule.Type] = RuleCatalogue.ruleTypes) throws -> [Finding] {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        return findings(of: try Transcript(parsing: text), rules: rules)
    }

    static func findings(of transcript: Transcript, rules: [any Rule.Type]) -> [Finding] {
        var decoder = TraceDecoder()
        var engine = DiagnosisEngine(rules: rules)
        for entry in transcript.entries {
            for event in decoder.handle(entry.record, seq: entry.seq, contents: contents(of: entry.record)) {
                engine.handle(event)
            }
        }
        for event in decoder.finish() { engine.handle(event) }
        return engine.finish(decoder.summary)
    }

    /// Bodies as the shell would read them from a tape.
    private static func contents(of record: TapeRecord) -> TraceDecoder.Contents {
        guard case .exchange(let exchange) = record else { return TraceDecoder.Contents() }
        return TraceDecoder.Contents(
            request: exchange.request.body.text.map { Array($0.utf8) },
            response: exchange.response?.body.text.map { Array($0.utf8) })
    }
}

extension Finding {
    /// This finding as a snapshot holds it and as a failed test prints it.
    var transcript: String {
        var lines = ["\(severity.rawValue) \(party.rawValue) \(rule)", "  " + title]
        if !detail.isEmpty { lines.append("  detail: " + detail) }
        for step in advice.split(separator: "\n") { lines.append("  advice: " + step) }
        lines.append("  evidence: " + evidence.map { "\($0.seq) \($0.at)" }.joined(separator: ", "))
        return lines.joined(separator: "\n") + "\n"
    }
}

extension [Finding] {
    var transcript: String { isEmpty ? "nothing was found\n" : map(\.transcript).joined(separator: "\n") }
}
