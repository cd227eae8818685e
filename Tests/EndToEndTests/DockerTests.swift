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

        @Test func `docker pulls and pushes 88 MB through the proxy`() async throws {
            let lab = try await Lab.running()
            let recording = try await Recording.start(["--upstream-ca", lab.authority], in: directory)
            let trust = try makeTrusted(recording.authority, for: lab.registry)
            defer { try? FileManager.default.removeItem(atPath: trust) }
            try await Lab.tool(["dockerd", "start", "--proxy", "http://127.0.0.1:\(recording.port)"])
            try await pullAndPush(by: lab.registry, size: "large", lab, recording)
        }

        @Test func `docker pulls and pushes in front of the registry, with no proxy and no CA`() async throws {
            let lab = try await Lab.running()
            let recording = try await Recording.start(
                ["--reverse", "https://\(lab.registry)", "--upstream-ca", lab.authority], in: directory)
            #expect(!FileManager.default.fileExists(atPath: "/etc/docker/certs.d/127.0.0.1:\(recording.port)"))
            try await Lab.tool(["dockerd", "start"])
            try await pullAndPush(by: "127.0.0.1:\(recording.port)", size: "small", lab, recording)
        }

        @Test(arguments: [false, true])
        func `docker pulls from a replay what it pulled from a registry that is gone`(throughProxy: Bool) async throws {
            let lab = try await Lab.running()
            let recording = try await Recording.start(
                (throughProxy ? [] : ["--reverse", "https://\(lab.registry)"]) + ["--upstream-ca", lab.authority],
                in: directory)
            let pulled = try await lab.digest(of: "app/large:1")
            // The same CA mints for the recording and for the replay, which has its directory.
            let trust = try throughProxy ? makeTrusted(recording.authority, for: lab.registry) : nil
            defer { if let trust { try? FileManager.default.removeItem(atPath: trust) } }
            func pull(from host: String, through proxy: String) async throws {
                let script = """
                    set -e
                    docker images -q | sort -u | xargs -r docker rmi -f >/dev/null
                    printf %s '\(lab.password)' | docker login -u admin --password-stdin \(host)
                    docker pull -q \(host)/app/large:1
                    docker image inspect --format '{{index .RepoDigests 0}}' \(host)/app/large:1
                    docker logout \(host)
                    """
                try await Lab.tool(["dockerd", "start"] + (throughProxy ? ["--proxy", "http://\(proxy)"] : []))
                let docker = try await ChildProcess.run("/bin/bash", ["-c", script], environment: lab.docker)
                try await Lab.tool(["dockerd", "stop"])
                #expect(docker.outputText.contains("\(host)/app/large@\(pulled)\n"), "\(docker)")
            }
            let recorder = "127.0.0.1:\(recording.port)"
            try await pull(from: throughProxy ? lab.registry : recorder, through: recorder)
            #expect(try await recording.stop().succeeded)

            try await Lab.whileStopped {
                let replay = try await Replaying.start(
                    recording.tape, ["--strict"], in: directory, home: recording.home)
                try await pull(from: throughProxy ? lab.registry : replay.origin, through: replay.proxy)
                let outcome = try await replay.stop()
                #expect(outcome.succeeded, "\(outcome)")
            }
        }

        /// Has the daemon trust a CA for one registry; gives what has to be taken away again.
        private func makeTrusted(_ authority: String, for registry: String) throws -> String {
            let place = "/etc/docker/certs.d/" + registry
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            try Data(contentsOf: URL(filePath: authority)).write(to: URL(filePath: place + "/ca.crt"))
            return place
        }

        /// Pulls `app/large:1`, pushes an image that the registry has never seen, and holds the tape beside the servers'
        /// logs, their storage, and what the registry says when it is asked directly.
        private func pullAndPush(
            by host: String, size: String, _ lab: Lab, _ recording: Recording
        ) async throws {
            let layout = try await lab.freshImage(size, in: directory)
            let archive = directory.entry("image.tar")
            let pulled = try await lab.digest(of: "app/large:1")
            let before = try await lab.logged()
            let name = "app/docker-\(recording.port):1"
            // What another test left in the daemon would not be fetched again.
            let script = """
                set -e
                docker images -q | sort -u | xargs -r docker rmi -f >/dev/null
                printf %s '\(lab.password)' | docker login -u admin --password-stdin \(host)
                docker pull \(host)/app/large:1
                docker image inspect --format '{{index .RepoDigests 0}}' \(host)/app/large:1
                skopeo copy --quiet oci:\(layout) docker-archive:\(archive):\(host)/\(name)
                docker load -q -i \(archive)
                docker push \(host)/\(name)
                docker logout \(host)
                """
            let docker = try await ChildProcess.run("/bin/bash", ["-c", script], environment: lab.docker)
            try await Lab.tool(["dockerd", "stop"])
            #expect(docker.succeeded, "\(docker)")
            let outcome = try await recording.stop()
            #expect(outcome.succeeded, "\(outcome)")

            #expect(try await recording.seen() == lab.logged(since: before))
            #expect(docker.outputText.contains("\(host)/app/large@\(pulled)\n"), "\(docker)")
            let pushed = try await lab.digest(of: name)
            #expect(docker.outputText.contains("1: digest: \(pushed)"), "\(docker)")
            try recording.expectBlobs(lab.blobs(of: pulled) + [pulled], from: .server, as: lab)
            try recording.expectBlobs(lab.blobs(of: pushed) + [pushed], from: .client, as: lab)
            #expect(try recording.exchanges().allSatisfy { $0.error == nil })
            let found = try await recording.findings(failOn: "warning")
            #expect(found.status == .exited(0), "\(found.findings)")
            let verify = try await recording.verify()
            #expect(verify.succeeded, "\(verify)")
            #expect(try !recording.holds(lab.password))
            #expect(!outcome.description.contains(lab.password))
        }
    }
}
