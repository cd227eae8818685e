import Foundation
import TestSupport
import Testing

/// A replay's memory, in a process that does nothing else (RELIABILITY.md H1).
@Suite(.timeLimit(.minutes(3)))
struct ReplayMemoryTests {
    @Test func `connections of HTTP/2 that end in the midst of a read leave nothing behind`() async throws {
        let directory = try TemporaryDirectory()
        let tape = try FixtureTape("pull-and-push.tape", in: directory)
        let replay = try await Replaying.start(tape.path, in: directory)
        // Too much for one read of the server, with streams in all of it and an error at its end.
        let octets =
            RawHTTP2.opening + (0..<99).flatMap { RawHTTP2.get("/v2/", stream: $0 * 2 + 1) } + RawHTTP2.frame(6, [1])
        let file = directory.entry("octets")
        try Data(octets).write(to: URL(filePath: file))
        func flood(_ count: Int) async throws {
            let door = replay.origin.replacing(":", with: "/")
            let script = "for i in $(seq \(count)); do exec 3<>/dev/tcp/\(door); cat \(file) >&3; cat <&3 >&2; done"
            let outcome = try await ChildProcess.run(
                try Program("bash").required(), ["-c", "exec 2>/dev/null; \(script)"], within: .seconds(120))
            #expect(outcome.succeeded, "\(outcome)")
        }
        try await flood(20)
        let before = try residentKiB(replay.process)
        try await flood(300)
        // What was kept of each connection was some 160 KiB.
        let grown = try residentKiB(replay.process) - before
        #expect(grown < 16 << 10, "\(grown) KiB")
        #expect(
            try await replay.curl(["-o", "/dev/null", "-w", "%{http_code}", "http://\(replay.origin)/v2/"]).succeeded)
        _ = try await replay.stop()
    }

    private func residentKiB(_ process: ChildProcess) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process.pid)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
        return try #require(Int(line.split(separator: " ").dropFirst().first ?? ""))
    }
}
