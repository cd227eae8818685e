import Foundation
import TapeModel
import TestSupport
import Testing

/// Real clients through the real recorder to a real registry.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct RecordingTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test func `skopeo pulls 88 MB through the proxy and the tape holds what the servers logged`() async throws {
        let lab = try await Lab.variables()
        let before = try await Lab.logged()
        let recording = try await Recording.start(["--upstream-ca", try #require(lab["LAB_CA"])], in: directory)
        let registry = try #require(lab["LAB_REGISTRY"])
        let password = try #require(lab["LAB_PASSWORD"])
        let image = directory.entry("image")
        let pull = try await ChildProcess.run(
            try Program("skopeo").required(),
            [
                "copy", "--src-creds", "\(lab["LAB_USER"] ?? ""):\(password)", "docker://\(registry)/app/large:1",
                "dir:\(image)",
            ],
            environment: ["HTTPS_PROXY": "http://127.0.0.1:\(recording.port)", "SSL_CERT_FILE": recording.authority])
        #expect(pull.succeeded, "\(pull)")
        // skopeo speaks HTTP/1.1 where it was given certificates; curl brings HTTP/2.
        let ping = try await curl(["--cacert", recording.authority, "https://\(registry)/v2/"], recording)
        #expect(ping.succeeded, "\(ping)")
        let outcome = try await recording.stop()
        #expect(outcome.succeeded, "\(outcome)")

        // Every layer on disk at the client is, octet for octet, a body file of the same digest.
        let layers = try FileManager.default.contentsOfDirectory(atPath: image).filter { $0.count == 64 }
        #expect(layers.count == 6)
        let exchanges = try recording.exchanges()
        for layer in layers {
            let held = exchanges.contains { $0.response?.body.sha256 == layer && $0.response?.body.length ?? 0 > 0 }
            #expect(held, "\(layer) is not on the tape")
            let file = recording.tape + "/bodies/sha256/" + layer
            if FileManager.default.fileExists(atPath: file) {
                #expect(FileManager.default.contentsEqual(atPath: file, andPath: image + "/" + layer))
            }
        }
        let seen = exchanges.map { exchange in
            let path = URL(string: exchange.request.head.url)?.path(percentEncoded: true) ?? ""
            return "\(exchange.request.head.method) \(path) \(exchange.response?.head.status ?? 0)"
        }
        var logged = try await Lab.logged()
        for line in before { logged.firstIndex(of: line).map { _ = logged.remove(at: $0) } }
        #expect(seen.sorted() == logged.sorted())
        #expect(exchanges.contains { $0.request.head.version == "HTTP/2" })
        #expect(exchanges.contains { $0.request.head.version == "HTTP/1.1" })
        #expect(exchanges.contains { $0.response?.head.status == 307 })

        let verify = try await ChildProcess.run(Recording.binary, ["verify", recording.tape])
        #expect(verify.succeeded, "\(verify)")
        for secret in [password, Data("\(lab["LAB_USER"] ?? ""):\(password)".utf8).base64EncodedString()] {
            #expect(try !recording.holds(secret))
            #expect(!outcome.description.contains(secret))
        }
    }

    @Test func `skopeo pushes through the proxy`() async throws {
        let lab = try await Lab.variables()
        let recording = try await Recording.start(["--upstream-ca", try #require(lab["LAB_CA"])], in: directory)
        let registry = try #require(lab["LAB_REGISTRY"])
        let credentials = "\(lab["LAB_USER"] ?? ""):\(lab["LAB_PASSWORD"] ?? "")"
        let push = try await ChildProcess.run(
            try Program("skopeo").required(),
            [
                "copy", "--src-creds", credentials, "--dest-creds", credentials, "docker://\(registry)/app/small:1",
                "docker://\(registry)/app/pushed:1",
            ],
            environment: ["HTTPS_PROXY": "http://127.0.0.1:\(recording.port)", "SSL_CERT_FILE": recording.authority])
        #expect(push.succeeded, "\(push)")
        #expect(try await recording.stop().succeeded)
        let exchanges = try recording.exchanges()
        #expect(exchanges.contains { $0.request.head.method == "PUT" && $0.response?.head.status == 201 })
        #expect(exchanges.allSatisfy { $0.error == nil })
    }

    @Test func `a pull in front of the registry goes through the recorder for tokens and blobs as well`() async throws {
        let lab = try await Lab.variables()
        let registry = try #require(lab["LAB_REGISTRY"])
        let recording = try await Recording.start(
            ["--reverse", "https://\(registry)", "--upstream-ca", try #require(lab["LAB_CA"])], in: directory)
        let password = try #require(lab["LAB_PASSWORD"])
        let pull = try await ChildProcess.run(
            try Program("skopeo").required(),
            [
                "copy", "--src-tls-verify=false", "--src-creds", "\(lab["LAB_USER"] ?? ""):\(password)",
                "docker://127.0.0.1:\(recording.port)/app/large:1", "dir:\(directory.entry("image"))",
            ], environment: ["HTTPS_PROXY": nil, "HTTP_PROXY": nil])
        #expect(pull.succeeded, "\(pull)")
        let outcome = try await recording.stop()
        #expect(outcome.succeeded, "\(outcome)")
        let exchanges = try recording.exchanges()
        for host in ["LAB_REGISTRY", "LAB_AUTH", "LAB_BLOBS"] {
            let authority = try #require(lab[host])
            #expect(
                exchanges.contains { $0.request.head.url.hasPrefix("https://\(authority)/") }, "nothing of \(authority)"
            )
        }
        #expect(try !recording.holds(password))
        #expect(!outcome.description.contains(password))
    }

    @Test func `an origin that is not there, or not trusted, is a 502 with its reason`() async throws {
        let lab = try await Lab.variables()
        let recording = try await Recording.start([], in: directory)
        for (url, code) in [
            ("https://127.0.0.1:1/v2/", "connection-refused"),
            ("https://\(lab["LAB_REGISTRY"] ?? "")/v2/", "certificate-unknown-authority"),
        ] {
            let answer = try await curl(["--cacert", recording.authority, "-w", " %{http_code}", url], recording)
            #expect(answer.outputText.hasSuffix(" 502"), "\(answer)")
            let body = answer.outputText.dropLast(4)
            let errors = try JSONValue(parsing: String(body))["errors"]?[0]
            #expect(errors?["detail"]?["code"]?.string == code, "\(answer)")
        }
        #expect(try await recording.stop().succeeded)
        #expect(try recording.exchanges().compactMap { $0.error?.party } == [.network, .registry])
    }

    @Test func `a client that does not trust the CA is told of on the tape`() async throws {
        let lab = try await Lab.variables()
        let recording = try await Recording.start(["--upstream-ca", try #require(lab["LAB_CA"])], in: directory)
        let answer = try await curl(["https://\(lab["LAB_REGISTRY"] ?? "")/v2/"], recording)
        #expect(answer.ending == .exited(60))
        #expect(try await recording.stop().succeeded)
        let show = try await ChildProcess.run(Recording.binary, ["show", recording.tape, "--json"])
        let line = try JSONValue(parsing: show.outputText)
        #expect(line["method"]?.string == "CONNECT")
        #expect(line["error"]?["party"]?.string == "client")
        #expect(line["error"]?["detail"]?.string?.contains(recording.authority) == true, "\(show)")
    }

    @Test func `the proxy does not proxy to itself`() async throws {
        let recording = try await Recording.start([], in: directory)
        for host in ["127.0.0.1", "localhost", "127.1.2.3", "[::ffff:127.0.0.1]"] {
            let answer = try await curl(["-w", "%{http_code}", "http://\(host):\(recording.port)/"], recording)
            #expect(answer.outputText.hasSuffix("403") || answer.outputText.hasSuffix("502"), "\(host): \(answer)")
        }
        #expect(try await recording.stop().succeeded)
    }

    @Test func `killed at any moment, the tape is good up to its last whole record`() async throws {
        let lab = try await Lab.variables()
        for delay in [30, 90, 180, 350, 600] {
            let place = try TemporaryDirectory()
            let recording = try await Recording.start(["--upstream-ca", try #require(lab["LAB_CA"])], in: place)
            let load = try ChildProcess(
                try Program("curl").required(),
                ["-s", "--cacert", recording.authority, "-x", "http://127.0.0.1:\(recording.port)"]
                    + (0..<2_000).map { "https://\(lab["LAB_REGISTRY"] ?? "")/v2/?n=\($0)" })
            // Not a wait for something: the moment of the kill is what varies.
            try await Task.sleep(for: .milliseconds(delay))
            recording.process.signal(SIGKILL)
            _ = try await recording.process.finished()
            load.signal(SIGKILL)
            _ = try await load.finished()
            let verify = try await ChildProcess.run(Recording.binary, ["verify", recording.tape])
            #expect(verify.succeeded, "after \(delay) ms: \(verify)")
        }
    }

    private func curl(_ arguments: [String], _ recording: Recording) async throws -> ChildProcess.Outcome {
        try await ChildProcess.run(
            try Program("curl").required(),
            ["-sS", "--noproxy", "", "-x", "http://127.0.0.1:\(recording.port)"] + arguments,
            within: .seconds(30))
    }
}
