import Foundation
import TapeModel
import TestSupport
import Testing

/// What `regtape capture` refuses, and what it makes of the rest.
struct CaptureTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func capture(_ arguments: [String]) async throws -> ChildProcess.Outcome {
        try await ChildProcess.run(
            Recording.binary, ["capture", "--tape", directory.entry("t.tape")] + arguments, within: .seconds(30))
    }

    @Test func `what is no capture is refused and leaves no tape`() async throws {
        let other = RepositoryRoot.path("README.md")
        let plain = RepositoryRoot.path("fixtures/pcaps/http1-plain.pcap")
        let empty = directory.entry("empty")
        try Data().write(to: URL(filePath: empty))
        for arguments in [
            ["--read", other], ["--read", empty], ["--read", directory.entry("absent")], ["--read", directory.path],
            ["--read", plain, "--keylog", directory.entry("absent")],
        ] {
            let outcome = try await capture(arguments)
            #expect(outcome.ending == .exited(3), "\(arguments): \(outcome)")
            #expect(outcome.errorText.split(separator: "\n").count == 1, "\(outcome)")
            #expect(!FileManager.default.fileExists(atPath: directory.entry("t.tape")), "\(arguments)")
        }
    }

    @Test func `a device and a file at once are a mistake, and so is neither`() async throws {
        let plain = RepositoryRoot.path("fixtures/pcaps/http1-plain.pcap")
        for arguments in [
            [], ["-i", "lo", "--read", plain], ["--read", plain, "--snaplen", "1500"],
            ["--read", plain, "--user", "x"], ["-i", "lo", "--snaplen", "10"], ["-i", "lo", "--buffer", "0"],
        ] {
            let outcome = try await capture(arguments)
            #expect(outcome.ending == .exited(2), "\(arguments): \(outcome)")
        }
    }

    @Test func `a filter over a file takes what matches and refuses what it does not understand`() async throws {
        let plain = RepositoryRoot.path("fixtures/pcaps/http1-plain.pcap")
        for (filter, count) in [("tcp", 5), ("udp or tcp", 5), ("not tcp", 0)] {
            let tape = directory.entry("\(count)\(filter.count).tape")
            let outcome = try await ChildProcess.run(
                Recording.binary, ["capture", "--read", plain, "--filter", filter, "--tape", tape])
            #expect(outcome.succeeded, "\(outcome)")
            #expect(try Recording.exchanges(of: tape).count == count, "\(filter)")
        }
        for filter in ["tcp prot 80", "ifindex 1"] {
            let outcome = try await capture(["--read", plain, "--filter", filter])
            #expect(outcome.ending == .exited(2) && outcome.errorText.contains("“\(filter)”"), "\(outcome)")
            #expect(!FileManager.default.fileExists(atPath: directory.entry("t.tape")))
        }
    }

    @Test func `of a file that is cut off all that is whole is on the tape`() async throws {
        let whole = try Data(contentsOf: URL(filePath: RepositoryRoot.path("fixtures/pcaps/http1-plain.pcap")))
        let cut = directory.entry("cut.pcap")
        try whole.prefix(whole.count - 10).write(to: URL(filePath: cut))
        let outcome = try await capture(["--read", cut])
        #expect(outcome.ending == .exited(3) && outcome.errorText.contains("what came before it is on the tape"))
        #expect(try Recording.exchanges(of: directory.entry("t.tape")).count == 5)
    }

    @Test func `a captured cookie is on no tape`() async throws {
        let file = directory.entry("secret.pcap")
        let whole = try Data(contentsOf: URL(filePath: RepositoryRoot.path("fixtures/pcaps/http1-plain.pcap")))
        // Of the same length, because frames and sums of lengths must stay right.
        let agent = Data("User-Agent: curl/7.88.1\r\nAccept: */*\r\n".utf8)
        let secret = Data("Cookie: canary-Q7w\r\nX-Pad: 123456789\r\n".utf8)
        try #require(agent.count == secret.count)
        var planted = whole
        while let range = planted.range(of: agent) { planted.replaceSubrange(range, with: secret) }
        #expect(planted != whole)
        try planted.write(to: URL(filePath: file))
        let outcome = try await capture(["--read", file])
        #expect(outcome.succeeded, "\(outcome)")
        #expect(!outcome.description.contains("canary-Q7w"))
        for part in try TapeFile.all(of: directory.entry("t.tape")) {
            #expect(part.content.range(of: Data("canary-Q7w".utf8)) == nil, "\(part.name)")
        }
        #expect(
            try Recording.exchanges(of: directory.entry("t.tape")).contains { exchange in
                exchange.request.head.fields.contains { $0.name == "Cookie" && $0.value.contains("‹") }
            })
    }
}
