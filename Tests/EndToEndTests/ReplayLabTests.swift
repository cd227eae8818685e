import Foundation
import TapeModel
import TestSupport
import Testing

// Within the serialised suite, because it stops servers that the others use.
extension RecordingTests {
    /// What was recorded at a real registry replays when that registry is gone.
    struct ReplayLabTests {
        private let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        @Test func `a pull of 88 MB and a push replay with the registry stopped`() async throws {
            let lab = try await Lab.running()
            let recording = try await Recording.start(["--upstream-ca", lab.authority], in: directory)
            let (original, layout) = (directory.entry("original"), try await lab.freshImage("small", in: directory))
            let name = "app/replayed-\(recording.port):1"
            func pull(_ image: String, _ target: String, _ environment: [String: String?]) async throws {
                let outcome = try await skopeo(["--src-creds", lab.credentials, image, "dir:\(target)"], environment)
                #expect(outcome.succeeded, "\(outcome)")
            }
            func push(_ environment: [String: String?]) async throws {
                let outcome = try await skopeo(
                    ["--dest-creds", lab.credentials, "oci:\(layout)", "docker://\(lab.registry)/\(name)"], environment)
                #expect(outcome.succeeded, "\(outcome)")
            }
            try await pull("docker://\(lab.registry)/app/large:1", original, recording.clientEnvironment)
            try await push(recording.clientEnvironment)
            #expect(try await recording.stop().succeeded)

            try await Lab.whileStopped {
                let replay = try await Replaying.start(
                    recording.tape, ["--strict"], in: directory, home: recording.home)
                let (one, other) = (directory.entry("one"), directory.entry("other"))
                // The set-up of the recording serves for the replay unchanged, but for the port.
                try await pull("docker://\(lab.registry)/app/large:1", one, replay.clientEnvironment)
                try await push(replay.clientEnvironment)
                let plain = try await skopeo(
                    [
                        "--src-tls-verify=false", "--src-creds", lab.credentials,
                        "docker://\(replay.origin)/app/large:1", "dir:\(other)",
                    ], ["HTTPS_PROXY": nil])
                #expect(plain.succeeded, "\(plain)")
                for file in try FileManager.default.contentsOfDirectory(atPath: original) {
                    for copy in [one, other] {
                        #expect(
                            FileManager.default.contentsEqual(
                                atPath: "\(original)/\(file)", andPath: "\(copy)/\(file)"), "\(copy)/\(file)")
                    }
                }
                let outcome = try await replay.stop()
                #expect(outcome.succeeded, "\(outcome)")
            }
        }

        private func skopeo(
            _ arguments: [String], _ environment: [String: String?]
        ) async throws -> ChildProcess.Outcome {
            try await ChildProcess.run(
                try Program("skopeo").required(), ["copy", "--quiet"] + arguments, environment: environment,
                within: .seconds(120))
        }
    }
}
