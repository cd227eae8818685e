import Foundation
import Glibc
import TestSupport
import Testing

/// The README's examples for tests, run as they stand there, but for the port.
@Suite(.timeLimit(.minutes(2)))
struct ReadmeExampleTests {
    private let directory: TemporaryDirectory

    init() async throws {
        directory = try TemporaryDirectory()
        let bin = try directory.directory("bin")
        try FileManager.default.createSymbolicLink(atPath: bin + "/regtape", withDestinationPath: Recording.binary)
        let tape = RepositoryRoot.path("fixtures/tapes/pull-and-push.tape")
        try FileManager.default.createSymbolicLink(
            atPath: directory.entry("pull.tape"), withDestinationPath: tape)
        // A client that pulls a manifest, or `TAG` in place of its tag.
        // A shell writes it: a file that this process has open for writing, no child of another test's may run.
        let client = """
            #!/bin/sh
            exec curl -sS --noproxy '*' -o /dev/null -H 'Authorization: Bearer any' \\
                "http://${2%%/*}/v2/app/small/manifests/${TAG:-1}"
            """
        let written = try await ChildProcess.run(
            try Program("sh").required(),
            ["-c", #"printf '%s\n' "$1" >"$0" && chmod 755 "$0""#, bin + "/my-client", client])
        #expect(written.succeeded, "\(written)")
        _ = try directory.file(
            "my_client.py",
            "import subprocess\ndef pull(name): subprocess.run(['my-client', 'pull', name], check=True)\n")
    }

    /// The one block of this language in the README.
    private func example(_ language: String) throws -> String {
        let readme = try String(contentsOfFile: RepositoryRoot.path("README.md"), encoding: .utf8)
        let parts = readme.components(separatedBy: "\n```\(language)\n")
        #expect(parts.count == 2)
        return try #require(parts.last?.components(separatedBy: "\n```").first)
    }

    private func run(_ program: String, _ text: String, tag: String?) async throws -> ChildProcess.Outcome {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return try await ChildProcess.run(
            try Program(program).required(), ["-c", text],
            environment: [
                "PATH": "\(directory.entry("bin")):\(path)", "TAG": tag, "PYTHONPATH": directory.path,
                "PYTHONDONTWRITEBYTECODE": "1", "REGTAPE_HOME": directory.entry("home"), "no_proxy": "127.0.0.1",
            ], directory: directory.path, within: .seconds(60))
    }

    @Test(arguments: [(nil, 0), ("2", 1)] as [(String?, Int32)])
    func `a shell script ends with 1 where anything was missed`(tag: String?, status: Int32) async throws {
        let port = try FreePort.find()
        let text = try example("sh").replacing("127.0.0.1:5000", with: "127.0.0.1:\(port)")
        let outcome = try await run("bash", text, tag: tag)
        #expect(outcome.ending == .exited(status), "\(outcome)")
        #expect(outcome.errorText.contains(status == 0 ? "0 missed" : "1 missed"), "\(outcome)")
    }

    @Test(arguments: [(nil, 0), ("2", 1)] as [(String?, Int32)])
    func `a test in Python fails where anything was missed`(tag: String?, status: Int32) async throws {
        let outcome = try await run("python3", "import subprocess, my_client\n" + example("python"), tag: tag)
        #expect(outcome.ending == .exited(status), "\(outcome)")
        if status == 1 { #expect(outcome.errorText.contains("AssertionError: "), "\(outcome)") }
    }
}

/// A port that nobody listens at now; of a range that the system does not choose from.
private enum FreePort {
    struct NoneFree: Error {}

    static func find() throws -> Int {
        for _ in 0..<100 {
            let port = Int.random(in: 20_000..<30_000)
            // A child of another test must not inherit what holds the port.
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            let bound = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            if bound == 0 { return port }
        }
        throw NoneFree()
    }
}
