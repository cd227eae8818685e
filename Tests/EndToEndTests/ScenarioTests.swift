import Foundation
import TapeModel
import TestSupport
import Testing

/// A scenario file disturbs a replay as it says, and what it says wrongly is refused with its line.
@Suite(.timeLimit(.minutes(5)))
struct ScenarioTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func write(_ text: String) throws -> String {
        let path = directory.entry("scenario.yaml")
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        return path
    }

    @Test func `a scenario says which requests are disturbed, how and when`() async throws {
        let file = try write(
            """
            # What a busy registry does.
            seed: 7
            timing: none
            clock: 2030-01-02T03:04:05Z
            faults:
              - 429=30@1 op:manifest.get
              - fault: status
                value: 503,UNAVAILABLE
                filter: op:manifest.get
                when: 2
              - {fault: wrong-digest, filter: "op:manifest.get", when: 3}

            """)
        let tape = try FixtureTape("pull-and-push.tape", in: directory)
        let replay = try await Replaying.start(tape.path, ["--scenario", file], in: directory)
        var answers: [String] = []
        for _ in 1...4 {
            let curl = try await replay.curl([
                "-H", "Authorization: Bearer any", "-o", "/dev/null", "-D", "-", "-w", "%{http_code}",
                "http://\(replay.origin)/v2/app/small/manifests/1",
            ])
            answers.append(curl.outputText.lowercased())
        }
        #expect(answers.map { String($0.suffix(3)) } == ["429", "503", "200", "200"])
        for field in ["retry-after: 30", "ratelimit-limit: 100", "ratelimit-remaining: 0"] {
            #expect(answers[0].contains(field), "\(answers[0])")
        }
        #expect(answers[0].contains("date: wed, 02 jan 2030 03:04:05 gmt"), "\(answers[0])")
        func digest(_ answer: String) -> String? {
            answer.split(separator: "\r\n").first { $0.hasPrefix("docker-content-digest") }.map(String.init)
        }
        #expect(digest(answers[2]) != nil && digest(answers[2]) != digest(answers[3]))
        _ = try await replay.stop()
    }

    @Test func `what is typed wins over the file, and its faults come first`() async throws {
        let file = try write("clock: 2030-01-02T03:04:05Z\nfaults: [status=500 op:manifest.get]\n")
        let tape = try FixtureTape("pull-and-push.tape", in: directory)
        let replay = try await Replaying.start(
            tape.path,
            ["--scenario", file, "--clock", "2031-01-01T00:00:00Z", "--fault", "status=404@1 op:manifest.get"],
            in: directory)
        for (status, date) in [("404", "2031"), ("500", "2031")] {
            let curl = try await replay.curl([
                "-o", "/dev/null", "-w", "%{http_code} %header{date}",
                "http://\(replay.origin)/v2/app/small/manifests/1",
            ])
            #expect(curl.outputText.hasPrefix(status) && curl.outputText.contains(date), "\(curl)")
        }
        _ = try await replay.stop()
    }

    static let mistakes: [(text: String, sentence: String)] = [
        ("", ":1: the file is empty"),
        ("- reset\n", ":1: found a list; expected a map"),
        ("faults: reset\n", ":1: faults is the text \"reset\"; expected a list"),
        ("seed: 1\nfault: []\n", ":2: there is no \"fault\" in a scenario; expected faults, seed, timing and clock"),
        ("seed: -1\n", ":1: seed is \"-1\"; expected a whole number"),
        ("timing: slow\n", ":1: timing slow is none of none, recorded"),
        ("clock: noon\n", ":1: clock noon is no time"),
        ("clock: {}\n", ":1: clock is a map; expected a text"),
        ("faults:\n  - reset\n  - explode\n", ":3: 'explode': there is no fault \"explode\""),
        ("faults:\n  - reset status:abc\n", ":2: 'reset status:abc'"),
        ("faults:\n  - fault: cut\n    filter: op:blob.get\n", ":2: cut needs a value, such as cut=1M"),
        ("faults:\n  - fault: cut\n    value: much\n", ":3: cut needs a value"),
        ("faults:\n  - fault: reset\n    when: never\n", ":3: \"never\" does not say when"),
        ("faults:\n  - fault: reset\n    filter: nonsense:1\n", ":3: "),
        ("faults:\n  - fault: reset\n    filter: finding:*\n", ":3: finding: cannot be asked"),
        ("faults:\n  - value: 1\n", ":2: a fault has no \"fault\""),
        ("faults:\n  - fault: reset\n    times: 3\n", ":3: there is no \"times\" in a fault"),
        ("faults:\n  - fault: [reset]\n", ":2: fault is a list; expected a text"),
        ("faults:\n  - [reset]\n", ":2: found a list; expected a fault such as"),
        ("seed: 1\nseed: 2\n", ":2: \"seed\" is there twice"),
        ("seed: 1\n# seed: 0\nfaults:\n  - fault: reset\n    seed: 5\n'seed' : 2\n", ":6: \"seed\" is there twice"),
        ("faults:\n  - fault: reset\n    when: 1\n    fault: cut\n  - fault: reset\n", ":4: \"fault\" is there twice"),
        ("faults: [{fault: reset, fault: cut}]\n", ":1: \"fault\" is there twice"),
        ("faults:\n  - 'reset\n", "; expected YAML"),
        ("faults: [*unknown]\n", ":1: found undefined alias"),
        (
            "a: &a [x]\nb: [\(Array(repeating: "*a", count: 20).joined(separator: ", "))]\n",
            ":2: more than 16 references"
        ),
        ("a: &a [x]\r\nb:\r\n" + String(repeating: "-\r\n *a\r\n", count: 20), "references"),
        (String(repeating: "[", count: 5_000), ": "),
        ("seed: 1\n---\nseed: 2\n", "; expected YAML"),
        ("seed: \u{0}1\n", "; expected YAML"),
    ]

    @Test func `a mistake is refused with its file, its line and what was expected`() async throws {
        let tape = try FixtureTape("pull-and-push.tape", in: directory)
        for (text, sentence) in Self.mistakes {
            let file = try write(text)
            let outcome = try await ChildProcess.run(
                Recording.binary, ["replay", tape.path, "--listen", "127.0.0.1:0", "--scenario", file],
                environment: ["REGTAPE_HOME": directory.entry("home")], within: .seconds(10))
            #expect(outcome.ending == .exited(2), "\(text.prefix(80)): \(outcome)")
            #expect(outcome.errorText.hasPrefix("regtape: \(file):"), "\(text.prefix(80)): \(outcome)")
            #expect(outcome.errorText.contains(sentence), "\(text.prefix(80)): \(outcome)")
            #expect(outcome.errorText.split(separator: "\n").count == 1, "\(outcome)")
        }
    }

    /// Runs the replay's command line in a shell, `$1` is the tape; with a scenario that is one it never ends by itself.
    private func shell(_ script: String) async throws -> ChildProcess {
        let tape = try FixtureTape("pull-and-push.tape", in: directory)
        return try ChildProcess(
            try Program("bash").required(), ["-c", script, Recording.binary, tape.path],
            environment: ["REGTAPE_HOME": directory.entry("home")])
    }

    @Test(arguments: [
        "exec $0 replay $1 --listen 127.0.0.1:0 --scenario <(sleep 0.2; echo 'seed: 1')",
        "shopt -s lastpipe; echo 'seed: 1' | exec $0 replay $1 --listen 127.0.0.1:0 --scenario /dev/stdin",
    ])
    func `a scenario may come out of a pipe that the shell holds`(script: String) async throws {
        let process = try await shell(script)
        _ = try await process.line(containing: "listening on")
        process.signal(SIGTERM)
        let outcome = try await process.finished(within: .seconds(10))
        #expect(outcome.succeeded, "\(outcome)")
    }

    @Test func `a mistake in a pipe is told with its line`() async throws {
        let process = try await shell("exec $0 replay $1 --listen 127.0.0.1:0 --scenario <(printf '\\nseed: x\\n')")
        let outcome = try await process.finished(within: .seconds(10))
        #expect(outcome.ending == .exited(2) && outcome.errorText.contains(":2: seed is"), "\(outcome)")
    }

    @Test func `nobody is waited for at a named pipe`() async throws {
        let pipe = directory.entry("pipe")
        let process = try await shell("mkfifo \(pipe) && exec $0 replay $1 --listen 127.0.0.1:0 --scenario \(pipe)")
        let outcome = try await process.finished(within: .seconds(10))
        #expect(outcome.ending == .exited(3) && outcome.errorText.contains("is no file"), "\(outcome)")
    }

    @Test func `a scenario that cannot be read is no usage error`() async throws {
        let tape = try FixtureTape("pull-and-push.tape", in: directory)
        let large = try write(String(repeating: "# filler\n", count: 200_000))
        for (file, words) in [
            (directory.entry("absent.yaml"), "No such file"), (directory.path, "is no file"), (large, "1 MiB"),
        ] {
            let outcome = try await ChildProcess.run(
                Recording.binary, ["replay", tape.path, "--listen", "127.0.0.1:0", "--scenario", file],
                environment: ["REGTAPE_HOME": directory.entry("home")], within: .seconds(10))
            #expect(outcome.ending == .exited(3) && outcome.errorText.contains(words), "\(outcome)")
        }
    }
}
