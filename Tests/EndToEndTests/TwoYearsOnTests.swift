import Foundation
import TapeModel
import TestSupport
import Testing

/// A tape does not grow stale: times, tokens and certificates hold on a later day.
@Suite(.timeLimit(.minutes(5)), .enabled(if: Program.areUsable("faketime", "skopeo")))
struct TwoYearsOnTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// Shows that the client of these tests looks at its clock: what it accepts elsewhere is accepted for a reason.
    @Test func `the careful client refuses a replay whose clock stands still`() async throws {
        let tape = try FixtureTape("pull-and-push.tape", in: directory)
        let replay = try await Replaying.start(tape.path, ["--clock", "2026-11-25T08:01:02Z"], in: directory)
        let pull = try await CarefulClient.pull(
            from: "http://\(replay.origin)", authority: replay.authority, environment: Faketime.twoYearsOn())
        #expect(!pull.succeeded)
        #expect(pull.errorText.contains("which is not now"), "\(pull)")
        _ = try await replay.stop()
    }

    /// Programs in Go ask the kernel for the time, where no library can come between; to them, a tape that is two years
    /// older is the same.
    @Test func `skopeo pulls from a tape that is two years old`() async throws {
        let tape = try FixtureTape("pull-and-push.tape", in: directory)
        let aged = try await ChildProcess.run(
            "/usr/bin/python3", [RepositoryRoot.path("tools/lib/lab/age_tape.py"), tape.path, "730"])
        #expect(aged.succeeded, "\(aged)")
        let seal = try await ChildProcess.run(Recording.binary, ["verify", "--seal", tape.path])
        #expect(seal.succeeded, "\(seal)")
        let lines = try String(contentsOfFile: tape.path + "/tape.jsonl", encoding: .utf8)
        #expect(lines.contains("25 Nov 2024") && !lines.contains("25 Nov 2026"))

        let replay = try await Replaying.start(tape.path, ["--strict"], in: directory)
        let layer = String(FixtureTape.layer.dropFirst("sha256:".count))
        for (name, source, environment) in [
            ("origin", "\(replay.origin)/app/small:1", ["HTTPS_PROXY": nil, "HTTP_PROXY": nil]),
            ("proxy", "registry.regtape.test:6443/app/small:1", replay.clientEnvironment),
        ] {
            let image = directory.entry(name)
            let pull = try await ChildProcess.run(
                try Program("skopeo").required(),
                ["copy", "--quiet", "--src-creds", "any:thing"]
                    + (name == "origin" ? ["--src-tls-verify=false"] : []) + ["docker://\(source)", "dir:\(image)"],
                environment: environment, within: .seconds(60))
            #expect(pull.succeeded, "\(pull)")
            #expect(try await FixtureTape.sha256("\(image)/\(layer)") == FixtureTape.layer)
            #expect(try await FixtureTape.sha256("\(image)/manifest.json") == FixtureTape.manifest)
        }
        let careful = try await CarefulClient.pull(from: "http://\(replay.origin)", authority: replay.authority)
        #expect(careful.outputText.hasPrefix(FixtureTape.manifest), "\(careful)")
        let outcome = try await replay.stop()
        #expect(outcome.succeeded, "\(outcome)")
    }
}

// Within the serialised suite, because it adds to the logs that the others compare.
extension RecordingTests {
    @Suite(.enabled(if: Program.areUsable("faketime")))
    struct TwoYearsOnLabTests {
        private let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        @Test func `what was recorded today replays with the system clock two years on`() async throws {
            let lab = try await Lab.running()
            let recording = try await Recording.start(["--upstream-ca", lab.authority], in: directory)
            let original = try await CarefulClient.pull(
                from: "https://\(lab.registry)", through: "127.0.0.1:\(recording.port)",
                authority: recording.authority, user: lab.credentials)
            #expect(original.succeeded, "\(original)")
            #expect(original.outputText.split(separator: "\n").count > 2)
            let signed = "https://\(lab.blobs)/signed/layer"
            let today = try await recording.curl(["-L", "--cacert", recording.authority, signed])
            #expect(today.outputText == "ok\n", "\(today)")
            #expect(try await recording.stop().succeeded)

            // The CA is that of the recording, two years old by then.
            let later = try await Faketime.twoYearsOn()
            let replay = try await Replaying.start(
                recording.tape, ["--tls", "--strict"], in: directory, home: recording.home, environment: later)
            for (registry, proxy) in [("https://\(replay.origin)", nil), ("https://\(lab.registry)", replay.proxy)] {
                let pull = try await CarefulClient.pull(
                    from: registry, through: proxy, authority: replay.authority, user: lab.credentials,
                    environment: later)
                #expect(pull.succeeded, "\(pull)")
                #expect(pull.outputText == original.outputText)
            }
            let curl = try await ChildProcess.run(
                try Program("curl").required(),
                [
                    "-sS", "-L", "--noproxy", "", "-x", "http://\(replay.proxy)", "--cacert", replay.authority, "-w",
                    "%{url_effective}", signed,
                ], environment: later)
            #expect(curl.outputText.hasPrefix("ok\n"), "\(curl)")
            // Signed until the first day of 2036 on the tape.
            #expect(curl.outputText.contains("se=2037-12-31"), "\(curl)")
            let outcome = try await replay.stop()
            #expect(outcome.succeeded, "\(outcome)")
        }
    }
}

/// Another system clock for programs that ask the C library for the time.
enum Faketime {
    struct NotThere: Error {}

    /// What such a program needs in its environment; 730 days, as libfaketime counts years.
    static func twoYearsOn() async throws -> [String: String?] {
        let environment: [String: String?] = [
            // The linker puts the machine's directory in for $LIB.
            "LD_PRELOAD": "/usr/$LIB/faketime/libfaketime.so.1", "FAKETIME": "+730d",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        ]
        // A library that is not found is passed over with a message, and everything would hold on any day.
        let date = try await ChildProcess.run("/bin/date", ["+%s"], environment: environment)
        let seconds = Double(date.outputText.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
        guard seconds - Date().timeIntervalSince1970 > 729 * 86_400 else { throw NotThere() }
        return environment
    }
}

/// `tools/lib/lab/careful_client.py`: a pull by a client that holds every time that it is told against its own clock.
enum CarefulClient {
    static func pull(
        from registry: String, through proxy: String? = nil, authority: String, user: String = "any:thing",
        environment: [String: String?] = [:]
    ) async throws -> ChildProcess.Outcome {
        try await ChildProcess.run(
            "/usr/bin/python3",
            [
                RepositoryRoot.path("tools/lib/lab/careful_client.py"), "--registry", registry, "--image",
                "app/small:1",
                "--user", user, "--ca", authority,
            ] + (proxy.map { ["--proxy", "http://\($0)"] } ?? []), environment: environment, within: .seconds(60))
    }
}
