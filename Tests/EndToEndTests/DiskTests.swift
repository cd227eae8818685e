import Foundation
import TapeStore
import TestSupport
import Testing

// Within the serialised suite, because it uses the lab whose logs other tests compare.
extension RecordingTests {
    /// Disks that are full, read-only or not there, with a real recorder on a real file system.
    @Suite(.enabled(if: Program.isRoot || ProcessInfo.processInfo.environment["CI"] == "true", "mounting needs root"))
    struct DiskTests {
        private let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        @Test(arguments: ["256k", "20m"])
        func `a full disk stops the recording with one sentence, and the client notices nothing`(size: String)
            async throws
        {
            let lab = try await Lab.variables()
            let disk = try await Disk.mount("size=\(size)", at: try directory.directory("disk"))
            let tape = disk.path + "/full.tape"
            let home = directory.entry("home")
            let recorder = try ChildProcess(
                Recording.binary,
                ["record", "--listen", "127.0.0.1:0", "--tape", tape, "--upstream-ca", try #require(lab["LAB_CA"])],
                environment: ["REGTAPE_HOME": home])
            let line = try await recorder.line(containing: "listening on")
            let port = try #require(line.split(separator: ":").last)
            let image = directory.entry("image")
            let pull = try await ChildProcess.run(
                try Program("skopeo").required(),
                [
                    "copy", "--src-creds", "\(lab["LAB_USER"] ?? ""):\(lab["LAB_PASSWORD"] ?? "")",
                    "docker://\(lab["LAB_REGISTRY"] ?? "")/app/large:1", "dir:\(image)",
                ],
                environment: ["HTTPS_PROXY": "http://127.0.0.1:\(port)", "SSL_CERT_FILE": home + "/ca/ca.crt"])
            #expect(pull.succeeded, "\(pull)")
            // Its layers are files named by their digests.
            let check = try await ChildProcess.run(
                "/bin/sh",
                ["-c", "ls | grep -E '^[0-9a-f]{64}$' | sed 's/.*/&  &/' | tee /dev/stderr | sha256sum -c --quiet"],
                directory: image)
            #expect(check.succeeded && check.errorText.split(separator: "\n").count == 6, "\(check)")

            recorder.signal(SIGTERM)
            let outcome = try await recorder.finished(within: .seconds(30))
            #expect(outcome.ending == .exited(4), "\(outcome)")
            let sentences = outcome.errorText.split(separator: "\n").filter { $0.contains("no space left") }
            #expect(sentences.count == 1 && sentences.first?.contains("stopped") == true, "\(outcome)")
            let verification = try TapeVerifier.verify(directory: tape)
            #expect(verification.isGood && verification.isEnded && !verification.isTailCut, "\(verification)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: tape).sorted() == ["bodies", "tape.jsonl"])
            #expect(try FileManager.default.contentsOfDirectory(atPath: tape + "/bodies") == ["sha256"])
            try await disk.unmount()
        }

        // No room for its beginning, and none for all of it.
        @Test(arguments: ["64k", "128k"], ["report", "show"])
        func `a capture whose temporary tape finds no room says what failed and what to set`(
            size: String, command: String
        ) async throws {
            let disk = try await Disk.mount("size=\(size)", at: try directory.directory("disk"))
            let outcome = try await ChildProcess.run(
                Recording.binary,
                [
                    command, RepositoryRoot.path("fixtures/pcaps/skopeo.pcapng.gz"), "--keylog",
                    RepositoryRoot.path("fixtures/pcaps/http1-tls12.keys"),
                ],
                environment: ["TMPDIR": disk.path, "REGTAPE_HOME": directory.entry("home")])
            #expect(outcome.ending == .exited(4), "\(outcome)")
            let said = outcome.errorText
            #expect(said.contains("no space left") && said.contains("set TMPDIR"), "\(outcome)")
            #expect(!said.contains("unrecorded") && !said.contains("--tape"), "\(outcome)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path) == [])
            try await disk.unmount()
        }

        @Test(
            arguments: [
                ("ro", "x.tape", "read-only"), ("size=4k", "x.tape", "no space left"),
                ("nr_inodes=4", "x.tape", "no space left"), ("size=1m", "no/x.tape", "no such file"),
                ("size=1m", "file/x.tape", "not a directory"), ("size=1m", String(repeating: "x", count: 300), "36"),
            ])
        func `a tape that cannot be begun is refused in one sentence and leaves nothing`(
            options: String, name: String, words: String
        ) async throws {
            let disk = try await Disk.mount(options, at: try directory.directory("disk"))
            if name.hasPrefix("file/") { try Data().write(to: URL(filePath: disk.path + "/file")) }
            let before = try FileManager.default.contentsOfDirectory(atPath: disk.path)
            let outcome = try await ChildProcess.run(
                Recording.binary, ["record", "--listen", "127.0.0.1:0", "--tape", disk.path + "/" + name],
                environment: ["REGTAPE_HOME": directory.entry("home")], within: .seconds(30))
            #expect(outcome.ending == .exited(4), "\(outcome)")
            #expect(
                outcome.errorText.contains(words) && outcome.errorText.split(separator: "\n").count == 1, "\(outcome)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path) == before)
            try await disk.unmount()
        }
    }
}

/// A file system in memory, small or odd.
private struct Disk {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let path: String

    static func mount(_ options: String, at path: String) async throws -> Disk {
        let outcome = try await ChildProcess.run("/bin/mount", ["-t", "tmpfs", "-o", options, "tmpfs", path])
        guard outcome.succeeded else { throw Failure(description: "\(outcome)") }
        return Disk(path: path)
    }

    func unmount() async throws {
        let outcome = try await ChildProcess.run("/bin/umount", ["-l", path])
        guard outcome.succeeded else { throw Failure(description: "\(outcome)") }
    }
}
