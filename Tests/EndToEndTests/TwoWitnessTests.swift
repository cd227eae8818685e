import Foundation
import TapeModel
import TestSupport
import Testing

// Within the serialised suite, because only one client at a time may be on the lab's ports.
extension RecordingTests {
    /// A session recorded by the proxy and captured from the wire at once gives the same tape, but for times, source and
    /// connection numbers (DESIGN.md §1).
    @Suite(.enabled(if: Program.isRoot))
    struct TwoWitnessTests {
        private let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        @Test func `skopeo pulls and pushes 88 MB before two witnesses`() async throws {
            let lab = try await Lab.running()
            let layout = try await lab.freshImage("large", in: directory)
            try await compare(lab) { recording in
                let name = "app/witnessed-\(recording.port):1"
                let (pulled, pushed) = ("docker://\(lab.registry)/app/large:1", "docker://\(lab.registry)/\(name)")
                for arguments in [
                    ["--src-creds", lab.credentials, pulled, "dir:\(directory.entry("image"))"],
                    ["--dest-creds", lab.credentials, "oci:\(layout)", pushed],
                ] {
                    let outcome = try await ChildProcess.run(
                        try Program("skopeo").required(), ["copy", "--quiet"] + arguments,
                        environment: recording.clientEnvironment, within: .seconds(120))
                    #expect(outcome.succeeded, "\(outcome)")
                }
            }
        }

        @Test func `docker pulls and pushes 88 MB before two witnesses`() async throws {
            let lab = try await Lab.running()
            let layout = try await lab.freshImage("large", in: directory)
            try await compare(lab) { recording in
                let trust = "/etc/docker/certs.d/" + lab.registry
                try FileManager.default.createDirectory(atPath: trust, withIntermediateDirectories: true)
                defer { try? FileManager.default.removeItem(atPath: trust) }
                try Data(contentsOf: URL(filePath: recording.authority)).write(to: URL(filePath: trust + "/ca.crt"))
                try await Lab.tool(["dockerd", "start", "--proxy", "http://127.0.0.1:\(recording.port)"])
                let (archive, name) = (directory.entry("image.tar"), "\(lab.registry)/app/seen-\(recording.port):1")
                let script = """
                    set -e
                    docker images -q | sort -u | xargs -r docker rmi -f >/dev/null
                    printf %s '\(lab.password)' | docker login -u admin --password-stdin \(lab.registry)
                    docker pull -q \(lab.registry)/app/large:1
                    skopeo copy --quiet oci:\(layout) docker-archive:\(archive):\(name)
                    docker load -q -i \(archive)
                    docker push -q \(name)
                    docker logout \(lab.registry)
                    """
                let docker = try await ChildProcess.run(
                    "/bin/bash", ["-c", script], environment: lab.docker, within: .seconds(120))
                try await Lab.tool(["dockerd", "stop"])
                #expect(docker.succeeded, "\(docker)")
            }
        }

        @Test(arguments: ["--http1.1", "--http2"], ["1.2", "1.3"])
        func `curl before two witnesses`(http: String, tls: String) async throws {
            let lab = try await Lab.running()
            let layer = try #require(try await lab.blobs(of: lab.digest(of: "public/hello:1")).last)
            try await compare(lab) { recording in
                let options = ["--cacert", recording.authority, http, "--tls-max", tls, "-o", "/dev/null"]
                let base = "https://\(lab.registry)/v2"
                for request in [
                    ["\(base)/"], ["-u", lab.credentials, "https://\(lab.tokens)/token?service=registry.regtape.test"],
                    ["-L", "\(base)/public/hello/blobs/\(layer)"], ["-I", "\(base)/"],
                    ["\(base)/", "\(base)/absent", "-o", "/dev/null"],
                ] {
                    let outcome = try await recording.curl(options + request)
                    #expect(outcome.succeeded, "\(outcome)")
                }
                try await upload(lab, recording, ["--cacert", recording.authority, http, "--tls-max", tls])
            }
        }

        /// Pushes a blob that the registry reads to its end.
        ///
        /// Not one that it refuses: it then resets the stream while content is on its way, and how much of that came before
        /// the reset is another number at either witness.
        private func upload(_ lab: Lab, _ recording: Recording, _ options: [String]) async throws {
            let content = directory.entry("content")
            try Data(repeating: 0x78, count: 100_000).write(to: URL(filePath: content))
            let digest = try await FixtureTape.sha256(content)
            let scope = "service=registry.regtape.test&scope=repository:app/uploaded:pull,push"
            let answer = try await recording.curl(
                options + ["-u", lab.credentials, "https://\(lab.tokens)/token?\(scope)"])
            let token = try #require(try JSONValue(parsing: answer.outputText)["token"]?.string)
            let bearer = options + ["-H", "Authorization: Bearer \(token)"]
            let begun = try await recording.curl(
                bearer + [
                    "-X", "POST", "-o", "/dev/null", "-w", "%header{location}",
                    "https://\(lab.registry)/v2/app/uploaded/blobs/uploads/",
                ])
            #expect(begun.outputText.hasPrefix("https://"), "\(begun)")
            let ended = try await recording.curl(
                bearer + [
                    "-X", "PUT", "-H", "Content-Type: application/octet-stream", "--data-binary", "@\(content)", "-w",
                    "%{http_code}", "\(begun.outputText)&digest=\(digest)",
                ])
            #expect(ended.outputText == "201", "\(ended)")
        }

        /// Records and captures what `session` does, and compares the two tapes.
        private func compare(_ lab: Lab, _ session: (Recording) async throws -> Void) async throws {
            let keys = directory.entry("keys")
            let ports = [lab.registry, lab.blobs, lab.tokens].compactMap { $0.split(separator: ":").last }
            let capturing = try await Capturing.start(
                filter: ports.map { "tcp port \($0)" }.joined(separator: " or "), in: directory)
            let recording = try await Recording.start(
                ["--upstream-ca", lab.authority, "--keep-secrets"], in: directory, environment: ["SSLKEYLOGFILE": keys])
            try await session(recording)
            let recorded = try await recording.stop()
            #expect(recorded.succeeded, "\(recorded)")
            let captured = try await capturing.finish(["--keylog", keys, "--keep-secrets"])
            #expect(captured.succeeded, "\(captured)")

            try WitnessComparison.expectSame(recording.tape, capturing.tape)
        }
    }
}
