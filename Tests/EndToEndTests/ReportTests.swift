import Foundation
import TapeModel
import TestSupport
import Testing

/// The report command on tapes and on what is none.
@Suite(.timeLimit(.minutes(5)))
struct ReportTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func regtape(_ arguments: [String], environment: [String: String] = [:]) async throws
        -> ChildProcess.Outcome
    {
        try await ChildProcess.run(
            Recording.binary, arguments,
            environment: ["REGTAPE_HOME": directory.entry("home")].merging(environment) { $1 },
            within: .seconds(120))
    }

    /// A tape of `exchanges` good exchanges.
    private func tape(_ exchanges: Int) throws -> String {
        let path = try directory.directory("\(exchanges).tape")
        _ = FileManager.default.createFile(atPath: path + "/tape.jsonl", contents: nil)
        let file = try FileHandle(forWritingTo: URL(filePath: path + "/tape.jsonl"))
        try PullTape.write(exchanges: exchanges) { try file.write(contentsOf: Data($0)) }
        try file.close()
        return path
    }

    private static let refused = """
        * Connected to registry.example (192.0.2.1) port 443
        * SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384
        > GET /v2/app/blobs/sha256:1111111111111111111111111111111111111111111111111111111111111111 HTTP/1.1
        > Host: registry.example
        > User-Agent: curl/7.88.1
        > Authorization: Bearer abc
        >
        < HTTP/1.1 307 Temporary Redirect
        < Location: https://store.blob.core.windows.net/data/1?sig=abc&se=2027-01-01T00%3A00%3A00Z
        < Content-Length: 0
        <
        * Connected to store.blob.core.windows.net (192.0.2.2) port 443
        * SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384
        > GET /data/1?sig=abc&se=2027-01-01T00%3A00%3A00Z HTTP/1.1
        > Host: store.blob.core.windows.net
        > User-Agent: curl/7.88.1
        > Authorization: Bearer abc
        >
        < HTTP/1.1 400 Authentication information is not given in the correct format
        < Content-Type: application/xml
        <
        <?xml version="1.0" encoding="utf-8"?><Error><Code>InvalidAuthenticationInfo</Code><Message>No.</Message></Error>

        """

    @Test func `a good tape is said to be good in each form, by its directory and by its lines`() async throws {
        let tape = try tape(40)
        for format in ["text", "html", "markdown", "json", "sarif", "junit"] {
            let outcome = try await regtape(["report", tape, "--format", format, "--fail-on", "note"])
            #expect(outcome.ending == .exited(0), "\(outcome)")
            #expect(outcome.outputText.contains("Good: docker pulled"), "\(format)")
            #expect(outcome.errorText == "")
        }
        let lines = try await regtape(["report", tape + "/tape.jsonl"])
        #expect(lines.ending == .exited(0))
    }

    @Test func `a log of curl is judged, and fails the check that it should`() async throws {
        let log = try directory.file("curl.log", Self.refused)
        let outcome = try await regtape(["report", log, "--format", "json", "--fail-on", "error"])
        #expect(outcome.ending == .exited(1), "\(outcome)")
        let report = try JSONValue(parsing: outcome.outputText)
        #expect(report["findings"]?[0]?["rule"]?.string == "authorization-forwarded")
        #expect(report["verdict"]?.string?.contains("InvalidAuthenticationInfo") == true)
        let lenient = try await regtape(["report", log])
        #expect(lenient.ending == .exited(0))
        #expect(lenient.outputText.hasPrefix("Failed: "))
    }

    @Test func `a file is written whole or not at all, and the verdict is said`() async throws {
        let log = try directory.file("curl.log", Self.refused)
        let page = directory.entry("report.html")
        let outcome = try await regtape(["report", log, "--format", "html", "--output", page])
        #expect(outcome.ending == .exited(0), "\(outcome)")
        #expect(outcome.outputText == "")
        #expect(outcome.errorText.contains("Failed: "))
        #expect(try String(contentsOfFile: page, encoding: .utf8).hasSuffix("</html>\n"))
        let nowhere = try await regtape(["report", log, "--output", directory.entry("none/report.html")])
        #expect(nowhere.ending == .exited(4))
        let full = try await ChildProcess.run(
            "/bin/sh",
            [
                "-c", "ulimit -f 1; trap '' XFSZ; exec \"$0\" report \"$1\" --format html --output \"$2\"",
                Recording.binary, log,
                page,
            ])
        #expect(full.ending == .exited(4), "\(full)")
        #expect(
            try String(contentsOfFile: page, encoding: .utf8).hasSuffix("</html>\n"), "the old report is still there")
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        #expect(!names.contains { $0.hasSuffix(".new") }, "\(names)")
    }

    @Test(
        arguments: [
            ("nothing", "", "is empty"), ("har", "{\"log\":{}}", "is JSON"), ("saz", "PK\u{3}\u{4}x", "zip archive"),
            ("words", "hello\n", "no recording"), ("curl", "> nonsense\n", "line 1"),
        ])
    func `what cannot be read is named and ends with 3`(name: String, content: String, words: String) async throws {
        let path = try directory.file(name, content)
        let outcome = try await regtape(["report", path])
        #expect(outcome.ending == .exited(3), "\(outcome)")
        #expect(outcome.errorText.contains(words), "\(outcome)")
        #expect(outcome.outputText == "")
    }

    @Test func `a directory, a tape of rubbish and a missing file end with 3`() async throws {
        let rubbish = try directory.directory("rubbish.tape")
        try Data("rubbish\n".utf8).write(to: URL(filePath: rubbish + "/tape.jsonl"))
        for path in [directory.path, rubbish, directory.entry("missing")] {
            let outcome = try await regtape(["report", path])
            #expect(outcome.ending == .exited(3), "\(outcome)")
        }
        #expect(try await regtape(["report", rubbish, "--format", "pdf"]).ending == .exited(2))
    }

    @Test func `damage is told and does not stop the report`() async throws {
        let tape = try tape(20)
        let path = tape + "/tape.jsonl"
        var lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
        lines[7] = "{\"record\":\"exch"
        lines[8] = lines[8].replacingOccurrences(of: "docker/28.3.2", with: "docker/28.3.3")
        try Data((lines.joined(separator: "\n") + "\n{\"rec").utf8).write(to: URL(filePath: path))
        let outcome = try await regtape(["report", tape])
        #expect(outcome.ending == .exited(0), "\(outcome)")
        for words in ["1 damaged line passed over", "1 line changed since", "ends within a line"] {
            #expect(outcome.outputText.contains(words), "\(words)")
        }
    }

    @Test func `a long tape is reported in little memory`() async throws {
        let tape = try tape(30_000)
        // The most that the process held, by the kernel's own count.
        let script = """
            import resource, subprocess, sys
            status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
            print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
            """
        let outcome = try await ChildProcess.run(
            "/usr/bin/env", ["python3", "-c", script, Recording.binary, "report", tape], within: .seconds(120))
        let words = outcome.outputText.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        try #require(words.count == 2, "\(outcome)")
        #expect(words[0] == 0)
        #expect(words[1] < 120, "MiB for a tape of 32")
    }
}
