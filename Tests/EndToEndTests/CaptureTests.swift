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

    /// The verdict is reached from the records as they are written, and must be the one that reading them gives.
    @Test(arguments: [
        ["http1-plain.pcap"], ["http1-holes.pcap"], ["http1-late.pcap"], ["http2-tls13.pcapng"], ["skopeo.pcapng.gz"],
        ["http1-tls12.pcap", "http1-tls12.keys"],
    ])
    func `the verdict of a capture is that of its tape`(files: [String]) async throws {
        let paths = files.map { RepositoryRoot.path("fixtures/pcaps/" + $0) }
        let keys = paths.dropFirst().flatMap { ["--keylog", $0] }
        let captured = try await capture(["--read", paths[0]] + keys)
        #expect(captured.succeeded, "\(captured)")
        let read = try await ChildProcess.run(
            Recording.binary, ["report", directory.entry("t.tape"), "--format", "json"])
        let verdict = try #require(try JSONValue(parsing: read.outputText)["verdict"]?.string)
        #expect(captured.errorText.contains(verdict), "\(captured.errorText) but \(verdict)")
    }

    @Test func `of a file that is cut off all that is whole is on the tape`() async throws {
        let whole = try Data(contentsOf: URL(filePath: RepositoryRoot.path("fixtures/pcaps/http1-plain.pcap")))
        let cut = directory.entry("cut.pcap")
        try whole.prefix(whole.count - 10).write(to: URL(filePath: cut))
        let outcome = try await capture(["--read", cut])
        #expect(outcome.ending == .exited(3) && outcome.errorText.contains("what came before it is on the tape"))
        #expect(try Recording.exchanges(of: directory.entry("t.tape")).count == 5)
    }

    @Test func `gzip and zstd from a file or a pipe are read like what is in them`() async throws {
        let packed = RepositoryRoot.path("fixtures/pcaps/skopeo.pcapng.gz")
        let plain = directory.entry("plain.pcapng")
        let frame = directory.entry("frames.zst")
        try await shell("gzip -dc '\(packed)' >'\(plain)'")
        try Data(Self.zstd(Array(try Data(contentsOf: URL(filePath: plain))))).write(to: URL(filePath: frame))
        #expect(try await capture(["--read", plain]).succeeded)
        let expected = try exchanges()
        #expect(expected.count > 10)
        for file in [packed, frame] {
            #expect(try await capture(["--read", file]).succeeded)
            #expect(try exchanges() == expected, "\(file)")
            // The first octets one by one, as from a program that has little to say yet.
            let outcome = try await shell(
                "{ dd if='\(file)' bs=1 count=200 2>/dev/null; tail -c +201 '\(file)'; } | "
                    + "'\(Recording.binary)' capture --read - --tape '\(directory.entry("t.tape"))'")
            #expect(outcome.succeeded, "\(outcome)")
            #expect(try exchanges() == expected, "\(file)")
        }
    }

    @Test func `of gzip that is cut off or damaged what came before is on the tape`() async throws {
        let whole = try Data(contentsOf: URL(filePath: RepositoryRoot.path("fixtures/pcaps/skopeo.pcapng.gz")))
        let file = directory.entry("damaged.pcapng.gz")
        let places = [whole.prefix(whole.count / 2), whole.dropLast(), whole + whole.prefix(5_000) + Data([1, 2, 3])]
        for octets in places {
            try octets.write(to: URL(filePath: file))
            let outcome = try await capture(["--read", file])
            #expect(outcome.ending == .exited(3), "\(outcome)")
            #expect(
                outcome.errorText.contains("damaged or cut off within its gzip; what came before it is on the tape"))
            #expect(try !exchanges().isEmpty)
        }
        try whole.prefix(500).write(to: URL(filePath: file))
        let outcome = try await capture(["--read", file])
        #expect(outcome.ending == .exited(3) && outcome.errorText.contains("gzip -dc"), "\(outcome)")
        #expect(!FileManager.default.fileExists(atPath: directory.entry("t.tape")))
    }

    @Test func `more than a gibibyte in gzip is read in flat memory`() async throws {
        let capture = RepositoryRoot.path("fixtures/pcaps/http1-plain.pcap")
        let frames = directory.entry("frames")
        let large = directory.entry("large.pcap.gz")
        // Frames of no protocol, as long as they may be.
        let length: [UInt8] = [0, 0, 4, 0]
        let frame = [UInt8](repeating: 0, count: 8) + length + length + [UInt8](repeating: 0, count: 1 << 18)
        try Data((0..<16).flatMap { _ in frame }).write(to: URL(filePath: frames))
        try await shell(
            "gzip '\(frames)' && { head -c 24 '\(capture)' | gzip; for n in $(seq 320); do cat '\(frames).gz'; done; "
                + "tail -c +25 '\(capture)' | gzip; } >'\(large)'")
        let outcome = try await shell(
            "ulimit -v 1000000; exec '\(Recording.binary)' capture --read '\(large)' --tape '\(directory.entry("t.tape"))'"
        )
        #expect(outcome.succeeded, "\(outcome)")
        #expect(try exchanges().count == 5)
    }

    /// `METHOD URL status` of what is on the tape that was made last; the tape is then taken away.
    private func exchanges() throws -> [String] {
        let tape = directory.entry("t.tape")
        defer { try? FileManager.default.removeItem(atPath: tape) }
        return try Recording.exchanges(of: tape).map { exchange in
            let place = exchange.request.head.url.split(separator: "?").first ?? ""
            return "\(exchange.request.head.method) \(place) \(exchange.response?.head.status ?? 0) "
                + "\(exchange.response?.body.length ?? 0)"
        }.sorted()
    }

    @discardableResult
    private func shell(_ script: String) async throws -> ChildProcess.Outcome {
        let outcome = try await ChildProcess.run("/bin/sh", ["-c", script], within: .seconds(60))
        #expect(outcome.ending == .exited(0), "\(script): \(outcome)")
        return outcome
    }

    /// A frame with a window of 128 KiB, of blocks that are what they hold (RFC 8878 §3.1.1).
    private static func zstd(_ octets: [UInt8]) -> [UInt8] {
        var frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x38]
        for start in stride(from: 0, to: octets.count, by: 100_000) {
            let piece = octets[start..<min(octets.count, start + 100_000)]
            let header = piece.count << 3 | (start + piece.count == octets.count ? 1 : 0)
            frame += [UInt8(header & 0xFF), UInt8(header >> 8 & 0xFF), UInt8(header >> 16)] + piece
        }
        return frame
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
