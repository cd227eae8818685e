import Foundation
import TapeModel
import TestSupport
import Testing

/// Whom tunnels trust, through whom they go, who may have them, and how they end when the recorder does.
@Suite(.timeLimit(.minutes(5)))
struct TunnelPolicyTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    // MARK: Trust

    @Test func `twelve bad chains are a 502 that says why, and the tape says who`() async throws {
        let chains = [
            ("expired", "certificate-expired"), ("not-yet-valid", "certificate-not-yet-valid"),
            ("wrong-host", "certificate-name-mismatch"), ("nul-in-name", "certificate-name-mismatch"),
            ("common-name-only", "certificate-name-mismatch"), ("self-signed", "certificate-self-signed"),
            ("unknown-root", "certificate-unknown-authority"),
            ("missing-intermediate", "certificate-unknown-authority"),
            ("issuer-no-authority", "certificate-issuer-not-an-authority"),
            ("path-too-long", "certificate-path-too-long"), ("for-clients", "certificate-wrong-purpose"),
            ("sha1", "certificate-weak-signature"),
        ]
        let recording = try await Recording.startForChains(in: directory)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (name, code) in chains {
                group.addTask {
                    let origin = try await OddOrigin.start(chain: name)
                    let answer = try await recording.curl(
                        ["-w", " %{http_code}", "https://registry.regtape.test/v2/?\(name)"], to: origin.port)
                    try await origin.stop()
                    #expect(answer.outputText.hasSuffix(" 502"), "\(name): \(answer)")
                    let error = try JSONValue(parsing: String(answer.outputText.dropLast(4)))["errors"]?[0]
                    #expect(error?["detail"]?["code"]?.string == code, "\(name): \(answer)")
                    #expect(error?["message"]?.string?.contains("registry.regtape.test presented") == true)
                }
            }
            try await group.waitForAll()
        }
        #expect(try await recording.stop().succeeded)
        let connections = try recording.connections()
        #expect(connections.compactMap { $0.failure?.code }.sorted() == chains.map(\.1).sorted())
        #expect(connections.allSatisfy { $0.failure?.party == .registry && !$0.certificates.isEmpty })
        let exchanges = try recording.exchanges()
        #expect(exchanges.compactMap { $0.error?.code }.sorted() == chains.map(\.1).sorted())
        #expect(exchanges.allSatisfy { $0.response == nil })
    }

    @Test func `the key log has the secrets of both legs, as both peers know them`() async throws {
        let chains = try await Chains.directory()
        let port = try await TunnelTests.freePort()
        let origin = try ChildProcess(
            try Program("openssl").required(),
            [
                "s_server", "-accept", "127.0.0.1:\(port)", "-www", "-cert", chains.entry("good.crt"), "-key",
                chains.entry("good.key"), "-keylogfile", directory.entry("origin.log"),
            ])
        _ = try await origin.line(containing: "ACCEPT", on: .standardOutput)
        let recording = try await Recording.startForChains(
            in: directory, environment: ["SSLKEYLOGFILE": directory.entry("ours.log")])
        for version in ["1.2", "1.3"] {
            let answer = try await recording.curl(
                ["--tls-max", version, "https://registry.regtape.test/"], to: port,
                environment: ["SSLKEYLOGFILE": directory.entry("client.log")])
            #expect(answer.succeeded, "\(answer)")
        }
        #expect(try await recording.stop().succeeded)
        origin.signal(SIGKILL)
        _ = try await origin.finished()

        func lines(_ name: String) throws -> Set<String> {
            let text = try String(contentsOfFile: directory.entry(name), encoding: .utf8)
            return Set(text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init))
        }
        let (ours, client, server) = (try lines("ours.log"), try lines("client.log"), try lines("origin.log"))
        // One line for TLS 1.2, five for TLS 1.3.
        #expect(client.count == 6 && server.count >= 10, "\(client) \(server)")
        #expect(client.subtracting(ours).isEmpty, "the client's secrets are missing")
        #expect(server.subtracting(ours).isEmpty, "the origin's secrets are missing")
        let mode = try FileManager.default.attributesOfItem(atPath: directory.entry("ours.log"))[.posixPermissions]
        #expect(mode as? Int == 0o600)
        for line in client { #expect(try !recording.holds(String(line.suffix(64)))) }
    }

    // MARK: Upstream proxies

    @Test func `two recorders in a row have two tapes that agree`() async throws {
        let origin = try await OddOrigin.start(chain: "good")
        let users = try directory.file("users", "ann:s3cret:with colon\n")
        let second = try await Recording.startForChains(["--proxy-auth", users], in: directory, named: "second")
        let url = "http://ann:s3cret%3Awith%20colon@127.0.0.1:\(second.port)"
        let first = try await Recording.start(
            ["--upstream-proxy", url, "--upstream-ca", second.authority], in: directory, named: "first")
        let base = "https://registry.regtape.test"
        let answer = try await first.curl(
            ["-I", base + "/"], [base + "/interim", base + "/204", base + "/"], to: origin.port)
        #expect(answer.outputText.hasSuffix("hellohello"), "\(answer)")
        #expect(try await first.stop().succeeded)
        #expect(try await second.stop().succeeded)
        try await origin.stop()

        func story(_ recording: Recording) throws -> [String] {
            try recording.exchanges().map { exchange in
                let response = exchange.response
                // Values that are redacted bear the pseudonyms of their own tape.
                let names = (response?.head.fields ?? []).map(\.name) + (response?.trailers ?? []).map(\.name)
                return "\(exchange.request.head.method) \(exchange.request.head.url) \(exchange.interim.map(\.status)) "
                    + "\(response?.head.status ?? 0) \(names) \(response?.body.sha256 ?? "")"
            }
        }
        #expect(try story(first).count == 4)
        #expect(try story(first) == story(second))
        #expect(try !first.holds("s3cret") && !second.holds("s3cret"))
    }

    @Test func `an upstream proxy that refuses is to blame, and the client hears what it said`() async throws {
        let users = try directory.file("users", "ann:right\n")
        let second = try await Recording.start(["--proxy-auth", users], in: directory, named: "second")
        let origin = try await OddOrigin.start(chain: "good")
        for (number, user) in ["", "ann:wrong@"].enumerated() {
            let first = try await Recording.startForChains(
                ["--upstream-proxy", "http://\(user)127.0.0.1:\(second.port)"], in: directory, named: "first\(number)")
            let answer = try await first.curl(["https://registry.regtape.test/"], to: origin.port)
            #expect(answer.outputText.contains("407 Proxy Authentication Required"), "\(answer)")
            #expect(answer.outputText.contains("--upstream-proxy"), "\(answer)")
            #expect(try await first.stop().succeeded)
            #expect(try first.exchanges().map { $0.error?.party } == [.proxy])
        }
        // A proxy that does not proxy to itself refuses for another reason.
        let third = try await Recording.startForChains(
            ["--upstream-proxy", "http://ann:right@127.0.0.1:\(second.port)"], in: directory, named: "third")
        let answer = try await third.curl(["https://registry.regtape.test/"], to: second.port)
        #expect(answer.outputText.contains("403 Forbidden"), "\(answer)")
        #expect(try await third.stop().succeeded)
        _ = try await second.stop()
        try await origin.stop()
    }

    @Test func `a proxy that asks for a user gives nothing to anybody else`() async throws {
        let origin = try await OddOrigin.start(chain: "good")
        let users = try directory.file("users", "# one a line\nann:right\nbob:b\n")
        let recording = try await Recording.startForChains(["--proxy-auth", users], in: directory)
        let url = "https://registry.regtape.test/"
        for (user, expected) in [("ann:right", "hello200"), ("bob:b", "hello200"), ("ann:b", "000"), ("", "000")] {
            let answer = try await recording.curl(
                (user.isEmpty ? [] : ["-U", user]) + ["-w", "%{http_code}", url], to: origin.port)
            #expect(answer.outputText == expected, "\(user): \(answer)")
            if expected == "000" { #expect(answer.errorText.contains("407"), "\(answer)") }
        }
        #expect(try await recording.stop().succeeded)
        try await origin.stop()
        #expect(try recording.exchanges().count == 2)
        #expect(try !recording.holds("right"))
    }

    // MARK: Stopping

    @Test func `a stop lets an exchange end, and tells the end of tunnels that carry nothing`() async throws {
        let origin = try await OddOrigin.start(chain: "good")
        let idle = try await OddOrigin.start(["--speak-first"])
        let recording = try await Recording.startForChains(in: directory)
        let sleeper = try ChildProcess(
            try Program("python3").required(),
            [
                "-c",
                """
                import socket
                s = socket.create_connection(("127.0.0.1", \(recording.port)))
                s.sendall(b"CONNECT 127.0.0.1:\(idle.port) HTTP/1.1\\r\\nHost: idle\\r\\n\\r\\n")
                while octets := s.recv(100):
                    if b"ready" in octets: print("ready", flush=True)
                """,
            ])
        _ = try await sleeper.line(containing: "ready", on: .standardOutput)
        let download = try ChildProcess(
            try Program("curl").required(),
            [
                "-sSN", "-x", "http://127.0.0.1:\(recording.port)", "--connect-to", "::127.0.0.1:\(origin.port)",
                "--cacert", recording.authority, "https://registry.regtape.test/slow?600",
            ])
        _ = try await download.line(containing: "xxx", on: .standardOutput)
        let outcome = try await recording.stop()
        #expect(outcome.succeeded, "\(outcome)")
        #expect(try await download.finished().output.count == 601)
        _ = try await sleeper.finished()
        try await origin.stop()
        try await idle.stop()

        let exchange = try #require(try recording.exchanges().first)
        #expect(exchange.error == nil)
        #expect(exchange.response?.body.length == 601)
        let ends = try recording.ends()
        #expect(ends.count == 2)
        #expect(ends.contains { $0.closedBy == .recorder && $0.serverBytes == 10 }, "\(ends)")
    }

    @Test func `a second signal does not wait for anybody`() async throws {
        let origin = try await OddOrigin.start(chain: "good")
        let recording = try await Recording.startForChains(in: directory)
        let download = try ChildProcess(
            try Program("curl").required(),
            [
                "-sSN", "-x", "http://127.0.0.1:\(recording.port)", "--connect-to", "::127.0.0.1:\(origin.port)",
                "--cacert", recording.authority, "https://registry.regtape.test/slow?60000",
            ])
        _ = try await download.line(containing: "xxx", on: .standardOutput)
        recording.process.signal(SIGTERM)
        // Signals of one number that are both pending are one; the listener is closed when the first was taken.
        while try await recording.curl(["http://127.0.0.1:1/"], to: "1").ending != .exited(7) {}
        recording.process.signal(SIGINT)
        #expect(try await recording.process.finished(within: .seconds(5)).ending == .exited(130))
        _ = try await download.finished()
        try await origin.stop()
        let verify = try await ChildProcess.run(Recording.binary, ["verify", recording.tape])
        #expect(verify.succeeded, "\(verify)")
    }
}
