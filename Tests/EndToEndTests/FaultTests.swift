import Foundation
import TapeModel
import TestSupport
import Testing

// Within the serialised suite, because one of them stops a server that the others use.
extension RecordingTests {
    /// Faults made with real programs against the real registry: each must be the first finding, and health must be silent.
    struct FaultTests {
        private let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        @Test func `a forwarded Authorization is found with its two exchanges and fails the check`() async throws {
            let lab = try await Lab.running()
            let recording = try await Recording.start(["--upstream-ca", lab.authority], in: directory)
            let blob = try #require(try lab.blobs(of: try await lab.digest(of: "app/small:1")).first)
            let asked = "https://\(lab.tokens)/token?service=registry.regtape.test&scope=repository:app/small:pull"
            let token = try await recording.curl(["--cacert", recording.authority, "-u", lab.credentials, asked])
            let value = try #require(try JSONValue(parsing: token.outputText)["token"]?.string)
            _ = try await recording.curl([
                "--cacert", recording.authority, "-L", "--location-trusted", "-H", "Authorization: Bearer \(value)",
                "https://\(lab.registry)/v2/app/small/blobs/\(blob)",
            ])
            #expect(try await recording.stop().succeeded)

            let found = try await recording.findings(failOn: "error")
            #expect(found.status == .exited(1))
            let first = try #require(found.findings.first)
            #expect(first["rule"]?.string == "authorization-forwarded")
            #expect(first["severity"]?.string == "error")
            #expect(first["party"]?.string == "client")
            let exchanges = try recording.exchanges()
            let proof = Set((first["evidence"]?.array ?? []).compactMap { $0["seq"]?.int64 })
            let statuses = exchanges.filter { proof.contains($0.seq) }.compactMap { $0.response?.head.status }
            #expect(statuses.sorted() == [307, 400])
            #expect(first["title"]?.string?.contains("InvalidAuthenticationInfo") == true)
            #expect(first["advice"]?.string?.isEmpty == false)
        }

        @Test func `a healthy copy gives no finding of weight`() async throws {
            let lab = try await Lab.running()
            let recording = try await Recording.start(["--upstream-ca", lab.authority], in: directory)
            let pull = try await skopeo(recording, lab.credentials, from: "docker://\(lab.registry)/app/large:1")
            #expect(pull.succeeded, "\(pull)")
            let push = try await skopeo(
                recording, lab.credentials, from: "oci:" + (try await lab.freshImage("small", in: directory)),
                to: "docker://\(lab.registry)/app/healthy:1")
            #expect(push.succeeded, "\(push)")
            #expect(try await recording.stop().succeeded)
            let found = try await recording.findings(failOn: "warning")
            #expect(found.status == .exited(0))
            #expect(found.findings.allSatisfy { $0["severity"]?.string == "note" }, "\(found.findings)")
            #expect(found.workflows.map { $0["kind"]?.string } == ["pull", "push"])
        }

        @Test(
            arguments: [
                ("a wrong password", "admin:not-the-password", "app/small:1", "wrong-password"),
                ("a missing tag", nil, "app/small:no-such-tag", "manifest-unknown"),
            ] as [(String, String?, String, String)])
        func `is found by its rule`(what: String, credentials: String?, image: String, rule: String) async throws {
            let lab = try await Lab.running()
            let recording = try await Recording.start(["--upstream-ca", lab.authority], in: directory)
            let pull = try await skopeo(
                recording, credentials ?? lab.credentials, from: "docker://\(lab.registry)/\(image)")
            #expect(!pull.succeeded, "\(what)")
            try await expectFirst(rule, in: recording)
        }

        @Test func `a push of somebody who may only pull is found`() async throws {
            let lab = try await Lab.running()
            let recording = try await Recording.start(["--upstream-ca", lab.authority], in: directory)
            let push = try await skopeo(
                recording, lab.readerCredentials, from: "oci:" + (try await lab.freshImage("small", in: directory)),
                to: "docker://\(lab.registry)/app/forbidden:1")
            #expect(!push.succeeded)
            try await expectFirst("push-not-permitted", in: recording)
        }

        @Test func `a name with capitals is found`() async throws {
            let lab = try await Lab.running()
            let recording = try await Recording.start(["--upstream-ca", lab.authority], in: directory)
            let asked = "https://\(lab.tokens)/token?service=registry.regtape.test&scope=repository:App/Small:pull"
            let token = try await recording.curl(["--cacert", recording.authority, "-u", lab.credentials, asked])
            let value = try JSONValue(parsing: token.outputText)["token"]?.string ?? ""
            _ = try await recording.curl([
                "--cacert", recording.authority, "-H", "Authorization: Bearer \(value)",
                "https://\(lab.registry)/v2/App/Small/manifests/1",
            ])
            try await expectFirst("uppercase-name", in: recording)
        }

        @Test func `a blob host that is gone is found`() async throws {
            let lab = try await Lab.running()
            let recording = try await Recording.start(["--upstream-ca", lab.authority], in: directory)
            try await Lab.tool(["stop", "blobs"])
            let pull: ChildProcess.Outcome
            do {
                pull = try await skopeo(recording, lab.credentials, from: "docker://\(lab.registry)/app/small:1")
            } catch {
                try await Lab.tool(["start"])
                throw error
            }
            try await Lab.tool(["start"])
            #expect(!pull.succeeded)
            try await expectFirst("storage-unreachable", in: recording)
        }

        @Test func `a token that has expired is found`() async throws {
            let lab = try await Lab.running()
            let place = lab.directory + "-expired"
            let base = String((Int(lab.registry.split(separator: ":").last ?? "") ?? 7443) + 10)
            // A lab of its own, whose token server hands out tokens that are over.
            let settings = ["LAB_DIR": place, "LAB_PORT_BASE": base, "LAB_TOKEN_LIFE": "-120"]
            let tool = RepositoryRoot.path("tools/lab")
            let started = try await ChildProcess.run(tool, ["start"], environment: settings, within: .seconds(120))
            #expect(started.succeeded, "\(started)")
            let recording = try await Recording.start(
                ["--upstream-ca", place + "/certificates/ca.crt"], in: directory)
            let registry = "registry.regtape.test:\(base)"
            let pull = try await skopeo(recording, lab.credentials, from: "docker://\(registry)/app/small:1")
            _ = try await ChildProcess.run(tool, ["stop"], environment: settings, within: .seconds(60))
            try? FileManager.default.removeItem(atPath: place)
            #expect(!pull.succeeded)
            let found = try await recording.stopAndFind()
            let rule = found.first?["rule"]?.string
            // Seen from outside an expired fresh token and clocks that disagree are one thing.
            #expect(rule == "token-expired" || rule == "clock-skew", "\(found)")
        }

        @Test func `a CA that nobody knows is found`() async throws {
            let lab = try await Lab.running()
            let recording = try await Recording.start([], in: directory)
            _ = try await skopeo(recording, lab.credentials, from: "docker://\(lab.registry)/app/small:1")
            try await expectFirst("unknown-authority", in: recording)
        }

        @Test func `run fails the check where the command did not`() async throws {
            let lab = try await Lab.running()
            let tape = directory.entry("run.tape")
            func run(_ severity: String) async throws -> ChildProcess.Outcome {
                try await ChildProcess.run(
                    Recording.binary,
                    [
                        "run", "--tape", tape, "--upstream-ca", lab.authority, "--fail-on", severity, "--", "curl",
                        "-sS", "-o",
                        "/dev/null", "-u", "admin:not-the-password",
                        "https://\(lab.tokens)/token?service=registry.regtape.test",
                    ], environment: ["REGTAPE_HOME": directory.entry("home")], within: .seconds(30))
            }
            let outcome = try await run("error")
            #expect(outcome.ending == .exited(1), "\(outcome)")
            #expect(outcome.errorText.contains("does not accept the user name and password"), "\(outcome)")
        }

        @Test func `the demo needs nothing and tells the fault`() async throws {
            let outcome = try await ChildProcess.run(
                Recording.binary, ["demo"], environment: ["TMPDIR": directory.entry(""), "HOME": "/nowhere"],
                within: .seconds(30))
            #expect(outcome.succeeded, "\(outcome)")
            #expect(outcome.outputText.contains("authorization-forwarded"), "\(outcome)")
            #expect(outcome.outputText.contains("InvalidAuthenticationInfo"), "\(outcome)")
        }

        private func expectFirst(_ rule: String, in recording: Recording) async throws {
            let found = try await recording.stopAndFind()
            #expect(found.first?["rule"]?.string == rule, "\(found)")
        }

        private func skopeo(
            _ recording: Recording, _ credentials: String, from source: String, to target: String? = nil
        ) async throws -> ChildProcess.Outcome {
            let isPush = target != nil
            return try await ChildProcess.run(
                try Program("skopeo").required(),
                [
                    "copy", "--quiet", isPush ? "--dest-creds" : "--src-creds", credentials, source,
                    target ?? "dir:\(directory.entry("image"))",
                ], environment: recording.clientEnvironment, within: .seconds(120))
        }
    }
}

extension Recording {
    struct Found {
        let status: ChildProcess.Ending
        let findings: [JSONValue]
        let workflows: [JSONValue]
    }

    /// What `regtape report` finds on the tape, the weightiest first.
    func findings(failOn severity: String? = nil) async throws -> Found {
        let outcome = try await ChildProcess.run(
            Self.binary, ["report", tape, "--format", "json"] + (severity.map { ["--fail-on", $0] } ?? []))
        let report = try JSONValue(parsing: outcome.outputText)
        return Found(
            status: outcome.ending, findings: report["findings"]?.array ?? [],
            workflows: report["workflows"]?.array ?? [])
    }

    /// Ends the recording in order and reads its findings.
    func stopAndFind() async throws -> [JSONValue] {
        _ = try await stop()
        return try await findings().findings
    }
}
