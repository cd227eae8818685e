import Foundation
import TapeModel
import TestSupport
import Testing

/// `regtape run`: real programs that know nothing of a recorder but what their environment says.
@Suite(.timeLimit(.minutes(5)))
struct RunTests {
    private let directory: TemporaryDirectory
    private var tape: String { directory.entry("run.tape") }

    init() throws { directory = try TemporaryDirectory() }

    private func environment(_ more: [String: String?] = [:]) -> [String: String?] {
        ["REGTAPE_HOME": directory.entry("home")].merging(more) { $1 }
    }

    private func run(_ words: [String], _ more: [String: String?] = [:]) async throws -> ChildProcess.Outcome {
        let lab = try await Lab.running()
        return try await ChildProcess.run(
            Recording.binary, ["run", "--tape", tape, "--upstream-ca", lab.authority, "--"] + words,
            environment: environment(more))
    }

    @Test(arguments: [
        ["curl", "-fsS", "URL"],
        ["/usr/bin/python3", "-c", "import sys, urllib.request as r; r.urlopen(sys.argv[1]).read()", "URL"],
        ["/usr/bin/python3", "-c", "import sys, requests; requests.get(sys.argv[1]).raise_for_status()", "URL"],
        ["openssl", "s_client", "-verify_return_error", "-connect", "HOST", "-proxy", "PROXY"],
    ])
    func `a program is recorded without a word to it`(words: [String]) async throws {
        let origin = try await Origin.start("location = /hello { return 200 hello; }", in: directory)
        let url = "https://\(origin.secure)/hello"
        // What is known only inside is put in by a shell there.
        let script = words.map { word in
            switch word {
            case "URL": "'\(url)'"
            case "HOST": "'\(origin.secure)'"
            case "PROXY": "\"${HTTPS_PROXY#http://}\""
            default: "'\(word)'"
            }
        }.joined(separator: " ")
        let request = "printf 'GET /hello HTTP/1.0\\r\\n\\r\\n' | "
        let outcome = try await run([
            "/bin/sh", "-c", words[0] == "openssl" ? request + script + " -quiet -no_ign_eof" : script,
        ])
        #expect(outcome.succeeded, "\(outcome)")
        if words[0] != "openssl" {
            #expect(try Recording.exchanges(of: tape).map { $0.request.head.url } == [url])
            #expect(try Recording.exchanges(of: tape).map { $0.response?.head.status } == [200])
        }
        try await origin.stop()
    }

    @Test func `git clones through the recorder`() async throws {
        let site = try directory.directory("site")
        let make = """
            set -e
            git init -q work && cd work
            git -c user.name=n -c user.email=e@x.test commit -q --allow-empty -m first
            git clone -q --bare . \(site)/repo.git && cd \(site)/repo.git && git update-server-info
            """
        let made = try await ChildProcess.run("/bin/sh", ["-c", make], directory: directory.path)
        #expect(made.succeeded, "\(made)")
        let origin = try await Origin.start("", root: site, in: directory)
        let outcome = try await run([
            "git", "clone", "-q", "https://\(origin.secure)/repo.git", directory.entry("clone"),
        ])
        try await origin.stop()
        #expect(outcome.succeeded, "\(outcome)")
        #expect(try Recording.exchanges(of: tape).contains { $0.request.head.url.contains("/repo.git/info/refs") })
        #expect(FileManager.default.fileExists(atPath: directory.entry("clone") + "/.git/HEAD"))
    }

    // Node.js reads no proxy variable before version 24; what it owes us is that it trusts our CA.
    @Test(.enabled(if: Program("node").path != nil))
    func `Node.js trusts what is recorded`() async throws {
        let origin = try await Origin.start("location = /hello { return 200 hello; }", in: directory)
        let script = """
            const [proxy, target] = [new URL(process.env.HTTPS_PROXY), process.argv[1]];
            require('http').request({host: proxy.hostname, port: proxy.port, method: 'CONNECT', path: target})
              .on('connect', (_, socket) => require('https').get(
                {host: target.split(':')[0], path: '/hello', createConnection: () =>
                  require('tls').connect({socket, servername: target.split(':')[0]})},
                answer => { answer.resume(); answer.on('end', () => process.exit(answer.statusCode == 200 ? 0 : 1)); }))
              .end();
            """
        let outcome = try await run(["node", "-e", script, origin.secure])
        try await origin.stop()
        #expect(outcome.succeeded, "\(outcome)")
        #expect(try Recording.exchanges(of: tape).map { $0.response?.head.status } == [200])
    }

    @Test func `every variable is set, and none of the user's passes the recorder by`() async throws {
        let outcome = try await run(
            ["env"],
            ["NO_PROXY": "regtape.test", "no_proxy": "*", "https_proxy": "http://alice:cNry7pw@proxy.test:3128"])
        #expect(outcome.succeeded, "\(outcome)")
        var variables: [String: String] = [:]
        for line in outcome.outputText.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
        }
        let proxies = Set(["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"].map { variables[$0] })
        #expect(proxies.count == 1 && proxies.first??.hasPrefix("http://127.0.0.1:") == true, "\(proxies)")
        let bundles = Set(
            ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO"]
                .map { variables[$0] })
        #expect(bundles == [directory.entry("home") + "/bundle.pem"])
        #expect(variables["NO_PROXY"] == "" && variables["no_proxy"] == "")
        #expect(outcome.errorText.contains("NO_PROXY is emptied"))
        #expect(outcome.errorText.contains("https_proxy was set") && outcome.errorText.contains("--upstream-proxy"))
        #expect(!outcome.errorText.contains("cNry7pw"))
    }

    @Test func `the bundle holds the system's roots, the user's own and the recorder's`() async throws {
        let own = try directory.file("own.pem", "-----BEGIN OWN-----\n")
        let outcome = try await run(["sh", "-c", "cat \"$SSL_CERT_FILE\""], ["CURL_CA_BUNDLE": own])
        let system = try String(contentsOfFile: "/etc/ssl/certs/ca-certificates.crt", encoding: .utf8)
        let authority = try String(contentsOfFile: directory.entry("home") + "/ca/ca.crt", encoding: .utf8)
        for part in [system, "-----BEGIN OWN-----", authority] { #expect(outcome.outputText.contains(part)) }
        let others = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO"]
        let alone = Dictionary(uniqueKeysWithValues: others.map { ($0, String?.none) })
            .merging(["SSL_CERT_FILE": own]) { $1 }
        let replaced = try await run(["sh", "-c", "cat \"$SSL_CERT_FILE\""], alone)
        #expect(replaced.outputText.contains("OWN") && replaced.outputText.contains(authority))
        #expect(!replaced.outputText.contains(system))
    }

    @Test func `a command that sends nothing is told why that may be`() async throws {
        let outcome = try await run(["true"])
        #expect(outcome.succeeded, "\(outcome)")
        #expect(outcome.errorText.contains("nothing was recorded"), "\(outcome)")
        #expect(outcome.errorText.contains("localhost"), "\(outcome)")
    }

    @Test func `the status of the command passes through, that of a signal as well`() async throws {
        #expect(try await run(["sh", "-c", "exit 7"]).ending == .exited(7))
        for (name, number) in [("TERM", SIGTERM), ("INT", SIGINT), ("KILL", SIGKILL)] as [(String, Int32)] {
            let outcome = try await run(["sh", "-c", "kill -\(name) $$"])
            #expect(outcome.ending == .exited(128 + number), "\(name): \(outcome)")
        }
        let missing = try await run(["/nowhere/program"])
        #expect(missing.ending == .exited(127), "\(missing)")
        #expect(try await run(["/etc/hostname"]).ending == .exited(126))
        let verify = try await ChildProcess.run(Recording.binary, ["verify", tape])
        #expect(verify.succeeded && !verify.outputText.contains("no end record"), "\(verify)")
    }

    @Test func `the command begins with no signal blocked`() async throws {
        let outcome = try await run(["grep", "SigBlk", "/proc/self/status"])
        #expect(outcome.outputText == "SigBlk:\t0000000000000000\n")
    }

    /// A terminal sends Ctrl-C to all processes of its foreground group at once.
    @Test func `Ctrl-C is the command's to answer, and the tape is finished`() async throws {
        let child = try ChildProcess(
            "/usr/bin/setsid",
            [
                Recording.binary, "run", "--tape", tape, "--", "sh", "-c",
                "trap 'exit 3' INT; echo ready; while :; do sleep 0.05; done",
            ], environment: environment())
        _ = try await child.line(containing: "ready", on: .standardOutput)
        kill(-child.pid, SIGINT)
        let outcome = try await child.finished(within: .seconds(20))
        #expect(outcome.ending == .exited(3), "\(outcome)")
        #expect(outcome.errorText.contains("tape: \(tape)"))
        let verify = try await ChildProcess.run(Recording.binary, ["verify", tape])
        #expect(!verify.outputText.contains("no end record"), "\(verify)")
    }

    @Test(arguments: [SIGTERM, SIGHUP])
    func `a signal for the recorder alone ends the command first`(number: Int32) async throws {
        let child = try ChildProcess(
            Recording.binary,
            ["run", "--tape", tape, "--", "sh", "-c", "echo ready; while :; do sleep 0.05; done"],
            environment: environment())
        _ = try await child.line(containing: "ready", on: .standardOutput)
        child.signal(number)
        #expect(try await child.finished(within: .seconds(20)).ending == .exited(128 + number))
        let verify = try await ChildProcess.run(Recording.binary, ["verify", tape])
        #expect(!verify.outputText.contains("no end record"), "\(verify)")
    }
}
