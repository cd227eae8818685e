import Foundation
import TestSupport
import Testing

/// What the command says and how it ends when it cannot do what it was asked.
@Suite(.timeLimit(.minutes(5)))
struct CommandTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func regtape(_ arguments: [String]) async throws -> ChildProcess.Outcome {
        try await ChildProcess.run(
            Recording.binary, arguments, environment: ["REGTAPE_HOME": directory.entry("home")], within: .seconds(30))
    }

    @Test func `a taken port is said in one sentence and leaves no tape`() async throws {
        let first = try await Recording.start([], in: directory)
        let tape = directory.entry("second.tape")
        let second = try await regtape(["record", "--listen", "127.0.0.1:\(first.port)", "--tape", tape])
        #expect(second.ending == .exited(4))
        #expect(second.errorText.contains("is taken"))
        #expect(!FileManager.default.fileExists(atPath: tape))
        let third = try await regtape(["record", "--listen", "127.0.0.1:0", "--tape", first.tape])
        #expect(third.ending == .exited(4))
        #expect(third.errorText.contains("being written"), "\(third)")
        _ = try await first.stop()
    }

    @Test(
        arguments: [
            (["record", "--listen", "0.0.0.0:0"], 2, "--allow"),
            (["record", "--listen", "nowhere"], 2, "127.0.0.1:8888"),
            (["record", "--reverse", "registry"], 2, "https://"),
            (["record", "--reverse", "https://no-such-host.invalid"], 4, "unknown"),
            (["record", "--upstream-ca", "/nowhere.pem"], 3, "/nowhere.pem"),
            (["record", "--upstream-ca", "/etc/hostname"], 3, "no certificate"),
            (["record", "--allow", "x"], 2, "CIDR"),
            (["show", "/nowhere.tape"], 3, "/nowhere.tape"), (["run"], 2, "run needs a command"),
            (["nonsense"], 2, "nonsense"),
        ] as [([String], Int32, String)])
    func `a mistake is refused with its status`(arguments: [String], status: Int32, words: String) async throws {
        let tape = directory.entry("none.tape")
        let outcome = try await regtape(arguments + (arguments[0] == "record" ? ["--tape", tape] : []))
        #expect(outcome.ending == .exited(status), "\(outcome)")
        #expect(outcome.errorText.contains(words), "\(outcome)")
        #expect(!FileManager.default.fileExists(atPath: tape))
    }

    @Test func `run passes the status of its command on and names its files`() async throws {
        let outcome = try await regtape([
            "run", "--tape", directory.entry("run.tape"), "--", "sh", "-c",
            "test -n \"$HTTPS_PROXY\" && grep -q BEGIN \"$SSL_CERT_FILE\" && exit 7",
        ])
        #expect(outcome.ending == .exited(7), "\(outcome)")
        let missing = try await regtape(["run", "--tape", directory.entry("b.tape"), "--", "/nowhere/program"])
        #expect(missing.ending == .exited(127), "\(missing)")
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
}
