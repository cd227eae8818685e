import Foundation
import TapeModel
import TestSupport
import Testing

/// Real clients through the real recorder to a real registry.
///
/// One after the other, because these tests compare the logs of servers that all of them use.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct RecordingTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test func `skopeo pulls 88 MB through the proxy and the tape holds what the servers logged`() async throws {
        let lab = try await Lab.running()
        let digest = try await lab.digest(of: "app/large:1")
        let before = try await lab.logged()
        let recording = try await Recording.start(["--upstream-ca", lab.authority], in: directory)
        let image = directory.entry("image")
        let pull = try await skopeo(
            ["--src-creds", lab.credentials, "docker://\(lab.registry)/app/large:1", "dir:\(image)"],
            recording.clientEnvironment)
        #expect(pull.succeeded, "\(pull)")
        // skopeo speaks HTTP/1.1 where it was given certificates; curl brings HTTP/2.
        let ping = try await recording.curl(["--cacert", recording.authority, "https://\(lab.registry)/v2/"])
        #expect(ping.succeeded, "\(ping)")
        let outcome = try await recording.stop()
        #expect(outcome.succeeded, "\(outcome)")

        #expect(FileManager.default.contentsEqual(atPath: image + "/manifest.json", andPath: lab.stored(digest)))
        let blobs = try lab.blobs(of: digest)
        #expect(blobs.count == 6)
        try recording.expectBlobs(blobs, from: .server, as: lab)
        for blob in blobs {
            let pulled = image + "/" + blob.dropFirst("sha256:".count)
            #expect(FileManager.default.contentsEqual(atPath: pulled, andPath: lab.stored(blob)))
        }
        #expect(try await recording.seen() == lab.logged(since: before))
        let exchanges = try recording.exchanges()
        #expect(exchanges.contains { $0.request.head.version == "HTTP/2" })
        #expect(exchanges.contains { $0.request.head.version == "HTTP/1.1" })
        #expect(exchanges.contains { $0.response?.head.status == 307 })
        let verify = try await recording.verify()
        #expect(verify.succeeded, "\(verify)")
        for secret in [lab.password, Data(lab.credentials.utf8).base64EncodedString()] {
            #expect(try !recording.holds(secret))
            #expect(!outcome.description.contains(secret))
        }
    }

    @Test func `skopeo pushes 88 MB through the proxy, each layer on the tape as it was sent`() async throws {
        let lab = try await Lab.running()
        let layout = try await lab.freshImage("large", in: directory)
        let before = try await lab.logged()
        let recording = try await Recording.start(["--upstream-ca", lab.authority], in: directory)
        let name = "app/skopeo-\(recording.port):1"
        let push = try await skopeo(
            ["--dest-creds", lab.credentials, "oci:\(layout)", "docker://\(lab.registry)/\(name)"],
            recording.clientEnvironment)
        #expect(push.succeeded, "\(push)")
        #expect(try await recording.stop().succeeded)

        #expect(try await recording.seen() == lab.logged(since: before))
        let digest = try await lab.digest(of: name)
        let index = try String(contentsOfFile: layout.dropLast(":large".count) + "/index.json", encoding: .utf8)
        #expect(try JSONValue(parsing: index)["manifests"]?[0]?["digest"]?.string == digest)
        try recording.expectBlobs(lab.blobs(of: digest) + [digest], from: .client, as: lab)
        #expect(try recording.exchanges().allSatisfy { $0.error == nil })
        let verify = try await recording.verify()
        #expect(verify.succeeded, "\(verify)")
    }

    @Test func `a pull in front of the registry goes through the recorder for tokens and blobs as well`() async throws {
        let lab = try await Lab.running()
        let digest = try await lab.digest(of: "app/large:1")
        let before = try await lab.logged()
        let recording = try await Recording.start(
            ["--reverse", "https://\(lab.registry)", "--upstream-ca", lab.authority], in: directory)
        let image = directory.entry("image")
        let pull = try await skopeo(
            [
                "--src-tls-verify=false", "--src-creds", lab.credentials,
                "docker://127.0.0.1:\(recording.port)/app/large:1", "dir:\(image)",
            ], ["HTTPS_PROXY": nil, "HTTP_PROXY": nil])
        #expect(pull.succeeded, "\(pull)")
        let outcome = try await recording.stop()
        #expect(outcome.succeeded, "\(outcome)")

        #expect(FileManager.default.contentsEqual(atPath: image + "/manifest.json", andPath: lab.stored(digest)))
        #expect(try await recording.seen() == lab.logged(since: before))
        try recording.expectBlobs(lab.blobs(of: digest), from: .server, as: lab)
        let exchanges = try recording.exchanges()
        for authority in [lab.registry, lab.tokens, lab.blobs] {
            #expect(
                exchanges.contains { $0.request.head.url.hasPrefix("https://\(authority)/") }, "nothing of \(authority)"
            )
        }
        #expect(try !recording.holds(lab.password))
        #expect(!outcome.description.contains(lab.password))
    }

    @Test func `run records skopeo with nothing but its variables`() async throws {
        let lab = try await Lab.running()
        let before = try await lab.logged()
        let tape = directory.entry("run.tape")
        let outcome = try await ChildProcess.run(
            Recording.binary,
            [
                "run", "--tape", tape, "--upstream-ca", lab.authority, "--", "skopeo", "inspect",
                "docker://\(lab.registry)/public/hello:1",
            ], environment: ["REGTAPE_HOME": directory.entry("home"), "NO_PROXY": "regtape.test"])
        #expect(outcome.succeeded, "\(outcome)")
        #expect(outcome.errorText.contains("NO_PROXY is emptied"))
        #expect(try await Recording.exchanges(of: tape).count == lab.logged(since: before).count)
    }

    @Test func `a blob host that is down is the network's fault, on the tape and at the client`() async throws {
        let lab = try await Lab.running()
        let recording = try await Recording.start(["--upstream-ca", lab.authority], in: directory)
        try await Lab.tool(["stop", "blobs"])
        let pull = try await skopeo(
            ["docker://\(lab.registry)/public/hello:1", "dir:\(directory.entry("image"))"],
            recording.clientEnvironment)
        try await Lab.tool(["start"])
        #expect(!pull.succeeded)
        #expect(try await recording.stop().succeeded)
        let failures = try recording.exchanges().filter { $0.error != nil }
        #expect(!failures.isEmpty)
        for failure in failures {
            #expect(failure.error?.party == .network)
            #expect(failure.error?.code == "connection-refused")
            #expect(failure.request.head.url.hasPrefix("https://\(lab.blobs)/"))
        }
    }

    @Test func `an origin that is not there, or not trusted, is a 502 with its reason`() async throws {
        let lab = try await Lab.running()
        let recording = try await Recording.start([], in: directory)
        for (url, code) in [
            ("https://127.0.0.1:1/v2/", "connection-refused"),
            ("https://\(lab.registry)/v2/", "certificate-unknown-authority"),
        ] {
            let answer = try await recording.curl(["--cacert", recording.authority, "-w", " %{http_code}", url])
            #expect(answer.outputText.hasSuffix(" 502"), "\(answer)")
            let body = answer.outputText.dropLast(4)
            let errors = try JSONValue(parsing: String(body))["errors"]?[0]
            #expect(errors?["detail"]?["code"]?.string == code, "\(answer)")
        }
        #expect(try await recording.stop().succeeded)
        #expect(try recording.exchanges().compactMap { $0.error?.party } == [.network, .registry])
    }

    @Test func `a client that does not trust the CA is told of on the tape`() async throws {
        let lab = try await Lab.running()
        let recording = try await Recording.start(["--upstream-ca", lab.authority], in: directory)
        let answer = try await recording.curl(["https://\(lab.registry)/v2/"])
        #expect(answer.ending == .exited(60))
        #expect(try await recording.stop().succeeded)
        let show = try await ChildProcess.run(Recording.binary, ["show", recording.tape, "--json"])
        let line = try JSONValue(parsing: show.outputText)
        #expect(line["method"]?.string == "CONNECT")
        #expect(line["error"]?["party"]?.string == "client")
        #expect(line["error"]?["detail"]?.string?.contains(recording.authority) == true, "\(show)")
    }

    @Test(.enabled(if: Program.isRoot))
    func `a disk that fills up stops the recording with one message, and the client notices nothing`() async throws {
        let lab = try await Lab.running()
        let place = try directory.directory("small")
        let mount = try await ChildProcess.run("/usr/bin/mount", ["-t", "tmpfs", "-o", "size=30m", "none", place])
        #expect(mount.succeeded, "\(mount)")
        let recording = try await Recording.start(
            ["--upstream-ca", lab.authority], in: directory, named: "small/test")
        let pull = try await skopeo(
            [
                "--src-creds", lab.credentials, "docker://\(lab.registry)/app/large:1",
                "dir:\(directory.entry("image"))",
            ],
            recording.clientEnvironment)
        let outcome = try await recording.stop()
        let verify = try await recording.verify()
        let umount = try await ChildProcess.run("/usr/bin/umount", ["-l", place])
        #expect(umount.succeeded, "\(umount)")
        #expect(pull.succeeded, "\(pull)")
        let messages = outcome.errorText.split(separator: "\n").filter {
            $0.contains("stopped") || $0.contains("space")
        }
        #expect(messages.count == 1, "\(outcome)")
        #expect(verify.succeeded, "\(verify)")
    }

    @Test func `killed at any moment, the tape is good up to its last whole record`() async throws {
        let lab = try await Lab.running()
        let layer = try await lab.blobs(of: lab.digest(of: "app/large:1"))[1].dropFirst("sha256:".count)
        let blob = "https://\(lab.blobs)/docker/registry/v2/blobs/sha256/\(layer.prefix(2))/\(layer)/data"
        for delay in [20, 50, 90, 140, 200, 280, 370, 480, 600, 800] {
            let place = try TemporaryDirectory()
            let recording = try await Recording.start(["--upstream-ca", lab.authority], in: place)
            // Small exchanges with a body of 24 MB now and then.
            let urls = (0..<2_000).map { $0 % 50 == 25 ? blob : "https://\(lab.registry)/v2/?n=\($0)" }
            let load = try ChildProcess(
                try Program("curl").required(),
                ["-s", "--cacert", recording.authority, "-x", "http://127.0.0.1:\(recording.port)"]
                    + urls.flatMap { ["-o", "/dev/null", $0] })
            // Not a wait for something: the moment of the kill is what varies.
            try await Task.sleep(for: .milliseconds(delay))
            recording.process.signal(SIGKILL)
            _ = try await recording.process.finished()
            load.signal(SIGKILL)
            _ = try await load.finished()
            let verify = try await recording.verify()
            #expect(verify.succeeded, "after \(delay) ms: \(verify)")
        }
    }

    private func skopeo(
        _ arguments: [String], _ environment: [String: String?]
    ) async throws -> ChildProcess.Outcome {
        try await ChildProcess.run(
            try Program("skopeo").required(), ["copy"] + arguments, environment: environment)
    }
}
