import Foundation
import TestSupport
import Testing

/// What the command says and how it ends when it cannot do what it was asked.
@Suite(.timeLimit(.minutes(5)))
struct CommandTests {
    private let directory: TemporaryDirectory
    private var home: String { directory.entry("home") }

    private static let fixture = RepositoryRoot.path("fixtures/tapes/pull-and-push.tape")

    init() throws { directory = try TemporaryDirectory() }

    private func regtape(_ arguments: [String]) async throws -> ChildProcess.Outcome {
        try await ChildProcess.run(
            Recording.binary, arguments, environment: ["REGTAPE_HOME": home], within: .seconds(30))
    }

    /// One sentence for a person: a line that names the program and no type or case of ours.
    private func expectSentence(_ outcome: ChildProcess.Outcome, _ words: String, from location: SourceLocation) {
        let lines = outcome.errorText.split(separator: "\n")
        #expect(lines.count == 1 && lines[0].hasPrefix("regtape: "), "\(outcome)", sourceLocation: location)
        #expect(outcome.errorText.contains(words), "\(outcome)", sourceLocation: location)
        #expect(outcome.outputText.isEmpty, "\(outcome)", sourceLocation: location)
        #expect(
            outcome.errorText.firstRange(of: /Error\(|code:|nil|Optional/) == nil, "\(outcome)",
            sourceLocation: location)
    }

    /// A refused recording leaves no tape, and of the CA nothing or a whole one.
    private func expectNothingLeft(_ tape: String, from location: SourceLocation) throws {
        #expect(!FileManager.default.fileExists(atPath: tape), sourceLocation: location)
        let left = FileManager.default.subpaths(atPath: home)?.sorted() ?? []
        #expect(left == [] || left == ["ca", "ca/ca.crt", "ca/ca.key"], "\(left)", sourceLocation: location)
    }

    @Test func `a taken port is said in one sentence and leaves no tape`() async throws {
        let first = try await Recording.start([], in: directory)
        let tape = directory.entry("second.tape")
        let second = try await regtape(["record", "--listen", "127.0.0.1:\(first.port)", "--tape", tape])
        #expect(second.ending == .exited(4))
        expectSentence(second, "is taken", from: #_sourceLocation)
        try expectNothingLeft(tape, from: #_sourceLocation)
        _ = try await first.stop()
    }

    @Test func `a tape that is being written is refused, and not a byte of it changes`() async throws {
        let first = try await Recording.start([], in: directory)
        let before = try TapeFile.all(of: first.tape).map { [$0.name: $0.content] }
        for command in [["record", "--listen", "127.0.0.1:0"], ["run"]] {
            let tail = command[0] == "run" ? ["--", "true"] : []
            let second = try await regtape(command + ["--tape", first.tape] + tail)
            #expect(second.ending == .exited(4))
            expectSentence(second, "being written", from: #_sourceLocation)
        }
        #expect(try TapeFile.all(of: first.tape).map { [$0.name: $0.content] } == before)
        #expect(try await first.stop().succeeded)
        let again = try await regtape(["run", "--tape", first.tape, "--", "true"])
        #expect(again.succeeded, "\(again)")
    }

    @Test(
        arguments: [
            (["record", "--listen", "0.0.0.0:0"], 2, "--allow"),
            (["record", "--listen", "[::]:0"], 2, "--allow"),
            (["replay", Self.fixture, "--listen", "0.0.0.0:0"], 2, "--allow CIDR"),
            (["replay", Self.fixture, "--listen", "127.0.0.1:0", "--proxy", "[::]:0"], 2, "--allow CIDR"),
            (["replay", Self.fixture, "--listen", "127.0.0.1:0", "--allow", "x"], 2, "CIDR"),
            (["record", "--listen", "nowhere"], 2, "127.0.0.1:8888"),
            (["record", "--listen", "203.0.113.7:0", "--allow", "10.0.0.0/8"], 4, "no address of this machine"),
            (["record", "--reverse", "registry"], 2, "https://"),
            (["record", "--reverse", "https://no-such-host.invalid"], 4, "unknown"),
            (["record", "--upstream-ca", "/nowhere.pem"], 3, "/nowhere.pem"),
            (["record", "--upstream-ca", "/etc/hostname"], 3, "no certificate"),
            (["record", "--upstream-proxy", "socks5://alice:cNry7@proxy.test"], 2, "http://host:port"),
            (["record", "--upstream-proxy-auth", "/etc/hostname"], 2, "--upstream-proxy"),
            (["record", "--upstream-proxy", "http://p.test", "--upstream-proxy-auth", "/nowhere"], 3, "/nowhere"),
            (
                ["record", "--upstream-proxy", "http://p.test", "--upstream-proxy-auth", "/etc/hostname"], 3,
                "user:password"
            ),
            (["record", "--proxy-auth", "/nowhere"], 3, "/nowhere"),
            (["record", "--proxy-auth", "/etc/hostname"], 3, "user:password"), (["record", "--allow", "x"], 2, "CIDR"),
            (["show", "/nowhere.tape"], 3, "/nowhere.tape"), (["verify", "/nowhere.tape"], 3, "/nowhere.tape"),
            (["run"], 2, "run needs a command"),
        ] as [([String], Int32, String)])
    func `a mistake is refused with its status`(arguments: [String], status: Int32, words: String) async throws {
        let tape = directory.entry("none.tape")
        let outcome = try await regtape(arguments + (arguments[0] == "record" ? ["--tape", tape] : []))
        #expect(outcome.ending == .exited(status), "\(outcome)")
        expectSentence(outcome, words, from: #_sourceLocation)
        #expect(!outcome.errorText.contains("cNry7"))
        try expectNothingLeft(tape, from: #_sourceLocation)
    }

    @Test func `an unknown command and an unknown option are a matter of usage`() async throws {
        for words in [["nonsense"], ["record", "--nonsense"]] {
            let outcome = try await regtape(words)
            #expect(outcome.ending == .exited(2), "\(outcome)")
            #expect(outcome.errorText.contains("nonsense") && outcome.errorText.contains("Usage:"), "\(outcome)")
        }
    }

    // Root may write anywhere, so these are places where nobody can.
    @Test(arguments: ["/proc/regtape.tape", "/etc/hostname/regtape.tape", "/nowhere/at/all.tape", "/etc/hostname"])
    func `a tape that cannot be written is one sentence`(tape: String) async throws {
        for command in [["record", "--listen", "127.0.0.1:0"], ["run"]] {
            let tail = command[0] == "run" ? ["--", "true"] : []
            let outcome = try await regtape(command + ["--tape", tape] + tail)
            #expect(outcome.ending == .exited(4), "\(outcome)")
            expectSentence(outcome, tape, from: #_sourceLocation)
        }
        let left = FileManager.default.subpaths(atPath: home)?.sorted() ?? []
        #expect(left == ["ca", "ca/ca.crt", "ca/ca.key"], "\(left)")
    }

    @Test func `a directory of something else is not taken for a tape`() async throws {
        let tape = try directory.directory("documents")
        _ = try directory.file("documents/letter.txt", "Dear")
        let outcome = try await regtape(["record", "--listen", "127.0.0.1:0", "--tape", tape])
        #expect(outcome.ending == .exited(4), "\(outcome)")
        expectSentence(outcome, "something else than a tape", from: #_sourceLocation)
        #expect(try FileManager.default.contentsOfDirectory(atPath: tape) == ["letter.txt"])
    }

    @Test(arguments: ["/proc/regtape", "/etc/hostname/home"])
    func `a state directory that cannot be written is one sentence, without a tape`(home: String) async throws {
        let tape = directory.entry("none.tape")
        let outcome = try await ChildProcess.run(
            Recording.binary, ["record", "--listen", "127.0.0.1:0", "--tape", tape], environment: ["REGTAPE_HOME": home]
        )
        #expect(outcome.ending == .exited(4), "\(outcome)")
        expectSentence(outcome, home, from: #_sourceLocation)
        #expect(!FileManager.default.fileExists(atPath: tape))
    }

    @Test func `a file system without room is one sentence, and takes no half CA`() async throws {
        let place = try directory.directory("full")
        // The mount ends with its namespace, and with it everything in it.
        let script = """
            mount -t tmpfs -o size=16k none "$1"; head -c 15000 /dev/zero >"$1/filler"
            "$0" record --listen 127.0.0.1:0 --tape "$1/x.tape"; echo "status $?"
            REGTAPE_HOME="$1/home" "$0" ca path; echo "status $?"
            find "$1/home" -type f
            """
        let outcome = try await ChildProcess.run(
            "/usr/bin/unshare",
            ["--mount", "--propagation", "private", "/bin/bash", "-c", script, Recording.binary, place],
            environment: ["REGTAPE_HOME": home])
        #expect(outcome.outputText == "status 4\nstatus 4\n", "\(outcome)")
        #expect(outcome.errorText.contains("room"), "\(outcome)")
    }

    @Test func `the user of an upstream proxy is not in the process list`() async throws {
        let recording = try await Recording.start(
            ["--upstream-proxy", "http://alice:cNry7word@127.0.0.1:1"], in: directory)
        let list = try String(contentsOfFile: "/proc/\(recording.process.pid)/cmdline", encoding: .utf8)
        #expect(list.contains("--upstream-proxy\0http://") && list.contains("@127.0.0.1:1"), "\(list)")
        #expect(!list.contains("alice") && !list.contains("cNry7"), "\(list)")
        let outcome = try await recording.stop()
        #expect(outcome.succeeded && !outcome.description.contains("cNry7"))
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func `a recording that is told to stop is finished in order`(number: Int32) async throws {
        let recording = try await Recording.start([], in: directory)
        recording.process.signal(number)
        #expect(try await recording.process.finished(within: .seconds(30)).succeeded)
        let verify = try await recording.verify()
        #expect(verify.succeeded && !verify.outputText.contains("no end record"), "\(verify)")
    }

    @Test func `the key of the CA is for its owner only, whatever the umask`() async throws {
        let home = directory.entry("open")
        let outcome = try await ChildProcess.run(
            "/bin/sh", ["-c", "umask 000; exec \"$0\" ca path", Recording.binary], environment: ["REGTAPE_HOME": home])
        #expect(outcome.outputText == home + "/ca/ca.crt\n")
        for (name, mode) in [("/ca", 0o700), ("/ca/ca.key", 0o600)] {
            let attributes = try FileManager.default.attributesOfItem(atPath: home + name)
            #expect((attributes[.posixPermissions] as? Int) == mode, "\(name)")
        }
        chmod(home + "/ca", 0o755)
        let refused = try await ChildProcess.run(Recording.binary, ["ca", "path"], environment: ["REGTAPE_HOME": home])
        #expect(refused.ending == .exited(4))
    }

    @Test func `ca print is what ca path names, and half of a CA is replaced by a whole one`() async throws {
        let path = try await regtape(["ca", "path"]).outputText.trimmingCharacters(in: .newlines)
        let printed = try await regtape(["ca", "print"])
        #expect(printed.outputText == (try String(contentsOfFile: path, encoding: .utf8)))
        try FileManager.default.removeItem(atPath: path)
        let again = try await regtape(["ca", "init"])
        #expect(again.succeeded, "\(again)")
        let check = try await ChildProcess.run(
            "/usr/bin/openssl", ["x509", "-noout", "-pubkey", "-in", path])
        let key = try await ChildProcess.run(
            "/usr/bin/openssl", ["pkey", "-pubout", "-in", home + "/ca/ca.key"])
        #expect(check.outputText == key.outputText && key.succeeded, "\(check) \(key)")
    }
}
