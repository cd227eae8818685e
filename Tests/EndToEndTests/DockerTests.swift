import Foundation
import TapeModel
import TestSupport
import Testing

// Within the serialised suite, because its tests compare the logs of servers that all of them use.
extension RecordingTests {
    /// A real Docker daemon, pulling and pushing through the recorder.
    struct DockerTests {
        private let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        @Test func `docker pulls and pushes through the proxy`() async throws {
            let lab = try await Lab.variables()
            let registry = try #require(lab["LAB_REGISTRY"])
            let recording = try await Recording.start(["--upstream-ca", try #require(lab["LAB_CA"])], in: directory)
            let trust = "/etc/docker/certs.d/" + registry
            try FileManager.default.createDirectory(atPath: trust, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: trust) }
            try Data(contentsOf: URL(filePath: recording.authority)).write(to: URL(filePath: trust + "/ca.crt"))

            let tool = RepositoryRoot.path("tools/lab")
            let daemon = try await ChildProcess.run(
                tool, ["dockerd", "start", "--proxy", "http://127.0.0.1:\(recording.port)"], within: .seconds(90))
            #expect(daemon.succeeded, "\(daemon)")
            let password = try #require(lab["LAB_PASSWORD"])
            let script = """
                set -e
                printf %s '\(password)' | docker login -u \(lab["LAB_USER"] ?? "") --password-stdin \(registry)
                docker pull \(registry)/app/small:1
                docker tag \(registry)/app/small:1 \(registry)/app/docker:1
                docker push \(registry)/app/docker:1
                """
            let docker = try await ChildProcess.run(
                "/bin/bash", ["-c", script],
                environment: ["DOCKER_HOST": lab["LAB_DOCKER_HOST"], "DOCKER_CONFIG": lab["LAB_DOCKER_CONFIG"]])
            _ = try await ChildProcess.run(tool, ["dockerd", "stop"], within: .seconds(60))
            #expect(docker.succeeded, "\(docker)")
            let outcome = try await recording.stop()
            #expect(outcome.succeeded, "\(outcome)")

            let exchanges = try recording.exchanges()
            #expect(exchanges.contains { $0.request.head.url.hasSuffix("/v2/app/small/manifests/1") })
            #expect(
                exchanges.contains {
                    $0.request.head.method == "PUT" && $0.request.head.url.hasSuffix("/v2/app/docker/manifests/1")
                })
            #expect(exchanges.allSatisfy { $0.error == nil })
            let verify = try await ChildProcess.run(Recording.binary, ["verify", recording.tape])
            #expect(verify.succeeded, "\(verify)")
            #expect(try !recording.holds(password))
            #expect(!outcome.description.contains(password))
        }
    }
}
