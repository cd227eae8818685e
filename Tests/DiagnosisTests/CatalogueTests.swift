import Diagnosis
import Foundation
import TestSupport
import Testing

/// The catalogue is what lies in the folders, and its generator says what does not fit.
struct CatalogueTests {
    @Test func `every file of a rule or a guide is in the catalogue of this build`() throws {
        for (folder, count) in [("Rules", RuleCatalogue.rules.count), ("Guides", RuleCatalogue.guides.count)] {
            let files = try FileManager.default.subpathsOfDirectory(
                atPath: RepositoryRoot.path("Sources/Diagnosis/\(folder)")
            ).filter { $0.hasSuffix(".swift") }
            #expect(files.count == count, "\(folder): \(files.sorted())")
        }
    }

    /// The generator as this build made it, for the host.
    private static let generator =
        URL(filePath: ProcessInfo.processInfo.arguments[0]).deletingLastPathComponent().path + "/rulecatalogue-tool"

    private func generated(_ files: [String: String]) async throws -> (outcome: ChildProcess.Outcome, text: String) {
        let directory = try TemporaryDirectory()
        _ = try directory.directory("Rules")
        var paths: [String] = []
        for (name, text) in files.sorted(by: { $0.key < $1.key }) {
            paths.append(try directory.file("Rules/\(name)", text))
        }
        let output = directory.entry("out.swift")
        let outcome = try await ChildProcess.run(Self.generator, [output] + paths, within: .seconds(30))
        return (outcome, (try? String(contentsOfFile: output, encoding: .utf8)) ?? "")
    }

    @Test func `the doc comment becomes the page whatever is in it`() async throws {
        let (outcome, text) = try await generated([
            "TLSTooOld.swift": """
            import Registry
            /// Not this one.

            /// An end \"\"\"# of a literal, \\(code) and ## marks.
            ///
            ///     indented
            @frozen
            public enum TLSTooOld: Hashable, Rule {
                public static let name = "tls-too-old"
            }
            """,
            "HTTP2Reset.swift":
                "/// Second.\nenum HTTP2Reset: Rule {\n    static let name: String = \"http2-reset\"\n}\n",
        ])
        #expect(outcome.succeeded, "\(outcome)")
        #expect(text.contains("An end \"\"\"# of a literal, \\(code) and ## marks.\n\n                    indented\n"))
        #expect(text.contains("page: ###\"\"\""))
        #expect(!text.contains("Not this one"))
        let first = try #require(text.firstRange(of: "HTTP2Reset.self"))
        let second = try #require(text.firstRange(of: "TLSTooOld.self"))
        #expect(first.lowerBound < second.lowerBound)
    }

    @Test(arguments: [
        ("enum Shared {}", 1, "declares no rule"),
        ("/// A.\nenum A: Rule {\nstatic let name = \"a\"\n}\nenum B: Rule {}", 5, "a second rule"),
        ("enum A: Rule {\nstatic let name = \"a\"\n}", 1, "no doc comment"),
        ("/// A.\nenum A: Rule {\nstatic let name = \"b\"\n}", 3, "is 'a', not 'b'"),
        ("/// A.\nenum A: Rule {}", 2, "static let name = \"a\""),
        ("/// A.\nenum B: Rule {\nstatic let name = \"b\"\n}", 2, "B.swift"),
    ])
    func `what is no rule is told as a compiler would`(text: String, line: Int, words: String) async throws {
        let (outcome, _) = try await generated(["A.swift": text])
        #expect(outcome.ending == .exited(1))
        #expect(outcome.errorText.contains("/Rules/A.swift:\(line): error: "), "\(outcome)")
        #expect(outcome.errorText.contains(words), "\(outcome)")
    }
}
