import Foundation
import TapeModel
import TestSupport
import Testing

/// `regtape rules`, as a user calls it.
@Suite(.timeLimit(.minutes(2)))
struct RulesTests {
    private func rules(_ arguments: String...) async throws -> ChildProcess.Outcome {
        try await ChildProcess.run(Recording.binary, ["rules"] + arguments, within: .seconds(30))
    }

    @Test func `the list has a line for each rule and each guide`() async throws {
        let outcome = try await rules()
        #expect(outcome.succeeded, "\(outcome)")
        let lines = outcome.outputText.split(separator: "\n")
        #expect(
            lines.contains { $0.hasPrefix("authorization-forwarded ") && $0.contains(" error ") && $0.hasSuffix(".") })
        #expect(lines.contains { $0.hasPrefix("daemon-debug-log ") })
        let folder = RepositoryRoot.path("fixtures/rules")
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name != "README.md" {
            #expect(lines.contains { $0.hasPrefix(name + " ") }, "\(name)")
        }
    }

    @Test func `a rule has its page, and a guide has one`() async throws {
        let rule = try await rules("authorization-forwarded").outputText
        #expect(rule.hasPrefix("# authorization-forwarded\n\nseverity error, fault of client, symptoms B01"))
        #expect(rule.contains("\n## How to fix it\n"))
        let guide = try await rules("daemon-debug-log").outputText
        #expect(guide.contains("daemon.json"))
    }

    @Test func `a name that there is not gives the nearest ones and status 2`() async throws {
        let outcome = try await rules("authorisation-forwarded")
        #expect(outcome.ending == .exited(2))
        #expect(outcome.errorText.contains("did you mean authorization-forwarded?"), "\(outcome)")
        #expect(outcome.output.isEmpty)
    }

    @Test func `JSON has one object a line`() async throws {
        let lines = try await rules("--json").outputText.split(separator: "\n")
        let values = try lines.map { try JSONValue(parsing: String($0)) }
        #expect(values.contains { $0["name"]?.string == "unexplained-error" && $0["kind"]?.string == "rule" })
        #expect(values.contains { $0["name"]?.string == "daemon-debug-log" && $0["kind"]?.string == "guide" })
        #expect(values.allSatisfy { $0["summary"]?.string?.isEmpty == false })
        let page = try JSONValue(parsing: try await rules("--json", "unexplained-error").outputText)
        #expect(page["page"]?.string?.contains("## What it means") == true)
    }
}
