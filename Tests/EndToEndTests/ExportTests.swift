import Foundation
import TapeModel
import TestSupport
import Testing

extension RecordingTests {
    /// What was recorded of real clients, as another program reads it from packets.
    @Suite(.enabled(if: Program.areUsable("tshark", "capinfos", "sha256sum")), .timeLimit(.minutes(10)))
    struct ExportTests {
        private let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        @Test func `a pull, a push and HTTP 2 are in Wireshark what show says they are`() async throws {
            let lab = try await Lab.running()
            let recording = try await Recording.start(["--upstream-ca", lab.authority], in: directory)
            let layout = try await lab.freshImage("large", in: directory)
            let name = "app/export-\(recording.port):1"
            for arguments in [
                [
                    "--src-creds", lab.credentials, "docker://\(lab.registry)/app/large:1",
                    "dir:\(directory.entry("image"))",
                ],
                ["--dest-creds", lab.credentials, "oci:\(layout)", "docker://\(lab.registry)/\(name)"],
            ] {
                let copy = try await ChildProcess.run(
                    try Program("skopeo").required(), ["copy", "--quiet"] + arguments,
                    environment: recording.clientEnvironment, within: .seconds(120))
                #expect(copy.succeeded, "\(copy)")
            }
            let digest = try await lab.digest(of: "app/large:1")
            let blob = "https://\(lab.registry)/v2/app/large/blobs/"
            let curl = try await recording.curl(
                ["--cacert", recording.authority, "--http2", "-u", lab.credentials, "-o", "/dev/null"]
                    + ["https://\(lab.registry)/v2/", blob + (try lab.blobs(of: digest)[1])])
            #expect(curl.succeeded, "\(curl)")
            #expect(try await recording.stop().succeeded)

            let path = directory.entry("export.pcapng")
            let export = try await ChildProcess.run(
                Recording.binary, ["export", recording.tape, "--format", "pcapng", "--output", path],
                within: .seconds(60))
            #expect(export.succeeded, "\(export)")
            #expect(export.errorText.contains("TLS layer") && export.errorText.contains("redacted"))
            let piped = try await ChildProcess.run(
                "/bin/sh",
                [
                    "-c",
                    "'\(Recording.binary)' export '\(recording.tape)' --format pcapng --output - | cmp - '\(path)'",
                ],
                within: .seconds(60))
            #expect(piped.succeeded, "\(piped)")

            let tshark = Tshark(path)
            #expect(try await tshark.complaints() == "")
            #expect(try await tshark.packetCount() > 1000)
            let exchanges = try recording.exchanges()
            #expect(try await tshark.exchanges() == shown(recording.tape, exchanges))
            // The layers of the pull, of the push, and what else was carried, octet for octet.
            let contents = Set(try await tshark.contents(in: directory.entry("contents")))
            let pushed = try await lab.digest(of: name)
            for blob in try lab.blobs(of: digest) + lab.blobs(of: pushed) {
                #expect(contents.contains(String(blob.dropFirst("sha256:".count))), "\(blob) is not among the contents")
            }
            let frames = exchanges.filter { $0.stream != nil }.flatMap {
                [$0.request.body.length, $0.response?.body.length ?? 0].filter { $0 > 0 }
            }
            #expect(try await tshark.frameOctets() == frames.sorted())
        }

        /// What `show --json` says, with the counts of fields that it does not.
        private func shown(_ tape: String, _ exchanges: [Exchange]) async throws -> [Tshark.Seen] {
            let show = try await ChildProcess.run(Recording.binary, ["show", tape, "--json"], within: .seconds(60))
            let lines = try show.outputText.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
            #expect(lines.count == exchanges.count)
            return zip(lines, exchanges).compactMap { line, exchange in
                guard let method = line["method"]?.string, let url = line["url"]?.string,
                    let started = line["started"]?.string.flatMap(Instant.init(timestamp:)), let seq = line["seq"]?.int
                else { return nil }
                return Tshark.Seen(
                    seq: Int64(seq), method: method, url: url, status: line["status"]?.int,
                    requestFields: exchange.request.head.fields.count,
                    responseFields: exchange.response?.head.fields.count, started: started.microseconds,
                    answered: exchange.response == nil
                        ? nil : started.microseconds + exchange.timing.send + exchange.timing.wait)
            }.sorted { $0.seq < $1.seq }
        }

        @Test func `an export never takes the place of what it is made from, nor half a place`() async throws {
            let tape = directory.entry("copy.tape")
            try FileManager.default.copyItem(
                atPath: RepositoryRoot.path("fixtures/tapes/authorization-forwarded.tape"), toPath: tape)
            let log = try directory.file("log.http", "> GET https://a.example/v2/ HTTP/1.1\n>\n< HTTP/1.1 200 OK\n<\n")
            let before = try Data(contentsOf: URL(filePath: tape + "/tape.jsonl"))
            for (input, output) in [(tape, tape + "/tape.jsonl"), (tape, tape + "/new.pcapng"), (log, log)] {
                let outcome = try await ChildProcess.run(
                    Recording.binary, ["export", input, "--format", "pcapng", "--output", output])
                #expect(outcome.ending == .exited(2), "\(outcome)")
            }
            #expect(try Data(contentsOf: URL(filePath: tape + "/tape.jsonl")) == before)
            let missing = try await ChildProcess.run(
                Recording.binary,
                ["export", directory.entry("none.tape"), "--format", "pcapng", "--output", directory.entry("out")])
            #expect(missing.ending == .exited(3), "\(missing)")
            let full = try await ChildProcess.run(
                Recording.binary, ["export", tape, "--format", "pcapng", "--output", "/dev/full"])
            #expect(full.ending == .exited(4), "\(full)")
            let good = try await ChildProcess.run(
                Recording.binary, ["export", log, "--format", "pcapng", "--output", directory.entry("out")])
            #expect(good.succeeded, "\(good)")
            let left = try FileManager.default.contentsOfDirectory(atPath: directory.path)
            #expect(left.sorted() == ["copy.tape", "log.http", "out"])
            #expect(try FileManager.default.contentsOfDirectory(atPath: tape) == ["tape.jsonl"])
        }
    }
}
