import Foundation
import TapeModel
import TestSupport
import Testing

/// Real clients against a replay of a recorded pull and push, with no registry anywhere.
@Suite(.timeLimit(.minutes(5)))
struct ReplayTests {
    private let directory: TemporaryDirectory
    private let registry = "registry.regtape.test:6443"

    init() throws { directory = try TemporaryDirectory() }

    private func skopeo(
        _ arguments: [String], _ environment: [String: String?] = ["HTTPS_PROXY": nil, "HTTP_PROXY": nil]
    ) async throws -> ChildProcess.Outcome {
        try await ChildProcess.run(
            try Program("skopeo").required(), ["copy", "--quiet"] + arguments, environment: environment,
            within: .seconds(60))
    }

    @Test func `skopeo pulls through both doors and gets the same image`() async throws {
        let tape = try FixtureTape("pull-and-push.tape", in: directory)
        let replay = try await Replaying.start(tape.path, ["--strict"], in: directory)
        let (one, other) = (directory.entry("one"), directory.entry("other"))
        let atOrigin = try await skopeo([
            "--src-tls-verify=false", "--src-creds", "any:thing", "docker://\(replay.origin)/app/small:1", "dir:\(one)",
        ])
        #expect(atOrigin.succeeded, "\(atOrigin)")
        let byProxy = try await skopeo(
            ["--src-creds", "any:thing", "docker://\(registry)/app/small:1", "dir:\(other)"], replay.clientEnvironment)
        #expect(byProxy.succeeded, "\(byProxy)")
        for name in try FileManager.default.contentsOfDirectory(atPath: one) {
            #expect(FileManager.default.contentsEqual(atPath: "\(one)/\(name)", andPath: "\(other)/\(name)"), "\(name)")
            guard name.count == 64 else { continue }
            #expect(try await FixtureTape.sha256("\(one)/\(name)") == "sha256:" + name)
        }
        let outcome = try await replay.stop()
        #expect(outcome.succeeded, "\(outcome)")
        #expect(outcome.errorText.contains(" 0 missed"), "\(outcome)")
    }

    @Test(arguments: ["--http1.1", "--http2"], [true, false])
    func `curl follows the redirect to the layer`(version: String, throughProxy: Bool) async throws {
        let tape = try FixtureTape("pull-and-push.tape", in: directory)
        let replay = try await Replaying.start(tape.path, throughProxy ? [] : ["--tls"], in: directory)
        let url = throughProxy ? "https://\(registry)" : "https://\(replay.origin)"
        let file = directory.entry("layer")
        let curl = try await replay.curl(
            [
                version, "-L", "--cacert", replay.authority, "-H", "Authorization: Bearer any", "-o", file, "-w",
                "%{http_version} %{http_code} %{num_redirects}", "\(url)/v2/app/small/blobs/\(FixtureTape.layer)",
            ], throughProxy: throughProxy)
        #expect(curl.outputText == (version == "--http2" ? "2" : "1.1") + " 200 1", "\(curl)")
        #expect(try await FixtureTape.sha256(file) == FixtureTape.layer)
        let range = try await replay.curl(
            [
                version, "-L", "--cacert", replay.authority, "-H", "Authorization: Bearer any", "-r", "40000-", "-o",
                file,
                "-w", "%{http_code} %{size_download}", "\(url)/v2/app/small/blobs/\(FixtureTape.layer)",
            ], throughProxy: throughProxy)
        #expect(range.outputText == "206 291", "\(range)")
        let whole = try Data(contentsOf: URL(filePath: tape.body(FixtureTape.layer)))
        #expect(try Data(contentsOf: URL(filePath: file)) == whole[40_000...])
        _ = try await replay.stop()
    }

    @Test func `a push that was recorded is taken again, and another one is not unless it may be`() async throws {
        let tape = try FixtureTape("pull-and-push.tape", in: directory)
        let layout = directory.entry("layout")
        let replay = try await Replaying.start(tape.path, in: directory)
        let pull = try await skopeo([
            "--src-tls-verify=false", "--src-creds", "any:thing", "docker://\(replay.origin)/app/small:1",
            "oci:\(layout):small",
        ])
        #expect(pull.succeeded, "\(pull)")
        func push(_ name: String, to replay: Replaying) async throws -> ChildProcess.Outcome {
            try await skopeo([
                "--dest-tls-verify=false", "--dest-creds", "any:thing", "oci:\(layout):small",
                "docker://\(replay.origin)/\(name)",
            ])
        }
        let known = try await push("app/copied:1", to: replay)
        #expect(known.succeeded, "\(known)")
        let unknown = try await push("app/other:1", to: replay)
        #expect(!unknown.succeeded)
        _ = try await replay.stop()

        let writable = try await Replaying.start(tape.path, ["--writable"], in: directory)
        let other = try await push("app/other:1", to: writable)
        #expect(other.succeeded, "\(other)")
        _ = try await writable.stop()
    }

    @Test func `an empty tape is a working registry`() async throws {
        let tape = try FixtureTape("pull-and-push.tape", in: directory)
        let source = try await Replaying.start(tape.path, in: directory)
        let overlay = directory.entry("overlay")
        let target = try await Replaying.start(
            FixtureTape.empty(in: directory), ["--writable", "--overlay", overlay], in: directory)
        let image = directory.entry("image")
        let push = try await skopeo([
            "--src-tls-verify=false", "--dest-tls-verify=false", "--src-creds", "any:thing",
            "docker://\(source.origin)/app/small:1", "docker://\(target.origin)/new/image:7",
        ])
        #expect(push.succeeded, "\(push)")
        let pull = try await skopeo(["--src-tls-verify=false", "docker://\(target.origin)/new/image:7", "dir:\(image)"])
        #expect(pull.succeeded, "\(pull)")
        let layer = String(FixtureTape.layer.dropFirst("sha256:".count))
        #expect(try await FixtureTape.sha256(image + "/" + layer) == FixtureTape.layer)
        #expect(FileManager.default.fileExists(atPath: "\(overlay)/sha256/\(layer)"))
        let tags = try await target.curl(["http://\(target.origin)/v2/new/image/tags/list"])
        #expect(try JSONValue(parsing: tags.outputText)["tags"]?[0]?.string == "7", "\(tags)")
        let reset = try await target.curl([
            "-X", "POST", "-w", "%{http_code}", "http://\(target.origin)/_regtape/reset",
        ])
        #expect(reset.outputText == "204", "\(reset)")
        let gone = try await target.curl([
            "-o", "/dev/null", "-w", "%{http_code}", "http://\(target.origin)/v2/new/image/tags/list",
        ])
        #expect(gone.outputText == "404", "\(gone)")
        _ = try await source.stop()
        _ = try await target.stop()
    }

    @Test func `a miss names the nearest exchange, and with strict the replay ends with 1`() async throws {
        let tape = try FixtureTape("pull-and-push.tape", in: directory)
        let replay = try await Replaying.start(tape.path, ["--strict"], in: directory)
        let curl = try await replay.curl([
            "-H", "Authorization: Bearer any", "-w", "%{http_code}", "http://\(replay.origin)/v2/app/small/manifests/2",
        ])
        #expect(curl.outputText.hasSuffix("404"))
        let body = try JSONValue(parsing: String(curl.outputText.dropLast(3)))
        #expect(body["errors"]?[0]?["code"]?.string == "MANIFEST_UNKNOWN")
        #expect(body["errors"]?[0]?["message"]?.string?.contains("nearest is exchange 9") == true, "\(curl)")
        let status = try await replay.status()
        #expect(status["missed"]?.int == 1)
        #expect(status["misses"]?[0]?["nearest"]?["seq"]?.int == 9)
        let outcome = try await replay.stop()
        #expect(outcome.ending == .exited(1), "\(outcome)")
        #expect(outcome.errorText.contains("subject: asked 2, recorded 1"), "\(outcome)")
    }

    @Test func `strict tells the misses by its status although nobody reads what it says`() async throws {
        let tape = try FixtureTape("pull-and-push.tape", in: directory)
        let first = directory.entry("first")
        // What is waited for in the middle is `head`, which takes one line and leaves.
        let script = """
            exec 3> >(exec head -n 1 >"$2"); reader=$!
            "$0" replay "$1" --listen 127.0.0.1:0 --strict 2>&3 3>&- & replay=$!
            exec 3>&-
            wait $reader
            port=$(sed 's/.*://' "$2")
            curl -s --noproxy '*' -o /dev/null -H 'Authorization: Bearer any' "http://127.0.0.1:$port/v2/no/such/manifests/1"
            curl -s --noproxy '*' "http://127.0.0.1:$port/_regtape/status"
            kill $replay; wait $replay; echo " status $?"
            """
        let outcome = try await ChildProcess.run(
            try Program("bash").required(), ["-c", script, Recording.binary, tape.path, first],
            environment: ["REGTAPE_HOME": directory.entry("home")], within: .seconds(30))
        #expect(outcome.outputText.contains(#""missed":1"#), "\(outcome)")
        #expect(outcome.outputText.hasSuffix(" status 1\n"), "\(outcome)")
    }

    @Test func `a damaged tape is named, serves the rest and never wrong octets`() async throws {
        let tape = try FixtureTape("pull-and-push.tape", in: directory)
        let names = try FileManager.default.contentsOfDirectory(atPath: tape.path + "/bodies/sha256")
        let missing = try #require(names.first { $0.hasPrefix("2838675f") })
        try FileManager.default.removeItem(atPath: tape.path + "/bodies/sha256/" + missing)
        var layer = try Data(contentsOf: URL(filePath: tape.body(FixtureTape.layer)))
        layer[1_000] ^= 1
        try layer.write(to: URL(filePath: tape.body(FixtureTape.layer)))
        let lines = try String(contentsOfFile: tape.path + "/tape.jsonl", encoding: .utf8)
        try (lines + #"{"record":"exch"#).write(toFile: tape.path + "/tape.jsonl", atomically: false, encoding: .utf8)

        let replay = try await Replaying.start(tape.path, in: directory)
        _ = try await replay.process.line(containing: "the last line is incomplete")
        _ = try await replay.process.line(containing: "sha256:\(missing) is missing")
        _ = try await replay.process.line(containing: "\(FixtureTape.layer) has other octets")
        let bearer = ["-H", "Authorization: Bearer any"]
        let wrong = try await replay.curl(
            bearer + ["-L", "-w", "%{http_code}", "http://\(replay.origin)/v2/app/small/blobs/\(FixtureTape.layer)"])
        #expect(wrong.outputText.hasSuffix("500"), "\(wrong)")
        #expect(wrong.outputText.contains("the tape is damaged"))
        let manifest = try await replay.curl(
            bearer + ["-o", "/dev/null", "-w", "%{http_code}", "http://\(replay.origin)/v2/app/small/manifests/1"])
        #expect(manifest.outputText == "200", "\(manifest)")
        _ = try await replay.stop()
    }

    @Test(
        arguments: [
            ("cut=1000 op:storage.get", 18, "200"), ("reset op:storage.get", 56, "000"),
            ("429=7 op:blob.get", 0, "429"),
            ("status=503 op:storage.get", 0, "503"),
        ] as [(String, Int32, String)])
    func `a fault is seen by curl as that fault`(fault: String, exit: Int32, code: String) async throws {
        let tape = try FixtureTape("pull-and-push.tape", in: directory)
        let replay = try await Replaying.start(tape.path, ["--fault", fault], in: directory)
        for version in ["--http1.1", "--http2"] {
            let curl = try await replay.curl(
                [
                    version, "-L", "-H", "Authorization: Bearer any", "-o", "/dev/null", "-w", "%{http_code}",
                    "https://\(registry)/v2/app/small/blobs/\(FixtureTape.layer)",
                ], throughProxy: true)
            // A stream of HTTP/2 is cut and reset alike (RFC 9113 §5.4.2): curl's 92.
            let expected = version == "--http2" && exit != 0 ? 92 : exit
            #expect(curl.ending == .exited(expected), "\(version) \(curl)")
            if exit != 56 { #expect(curl.outputText == code, "\(version) \(curl)") }
        }
        _ = try await replay.stop()
    }

    @Test(arguments: ["--http1.1", "--http2"])
    func `a download that was cut goes on where it stopped`(version: String) async throws {
        let tape = try FixtureTape("pull-and-push.tape", in: directory)
        let replay = try await Replaying.start(tape.path, ["--fault", "cut=10000@1 op:storage.get"], in: directory)
        let file = directory.entry("layer")
        func download() async throws -> ChildProcess.Outcome {
            try await replay.curl(
                [
                    version, "-L", "-C", "-", "-H", "Authorization: Bearer any", "-o", file, "-w", "%{http_code}",
                    "https://\(registry)/v2/app/small/blobs/\(FixtureTape.layer)",
                ], throughProxy: true)
        }
        let cut = try await download()
        #expect(cut.ending == .exited(version == "--http2" ? 92 : 18), "\(cut)")
        #expect(try Data(contentsOf: URL(filePath: file)).count == 10_000)
        let rest = try await download()
        #expect(rest.succeeded && rest.outputText == "206", "\(rest)")
        #expect(try await FixtureTape.sha256(file) == FixtureTape.layer)
        _ = try await replay.stop()
    }

    @Test func `ten clients at once get right answers`() async throws {
        let tape = try FixtureTape("pull-and-push.tape", in: directory)
        let replay = try await Replaying.start(tape.path, ["--strict"], in: directory)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<10 {
                group.addTask {
                    let image = directory.entry("image-\(number)")
                    let pull = try await skopeo([
                        "--src-tls-verify=false", "--src-creds", "any:thing", "docker://\(replay.origin)/app/small:1",
                        "dir:\(image)",
                    ])
                    #expect(pull.succeeded, "\(pull)")
                    let layer = image + "/" + FixtureTape.layer.dropFirst("sha256:".count)
                    #expect(try await FixtureTape.sha256(layer) == FixtureTape.layer)
                }
            }
            try await group.waitForAll()
        }
        let outcome = try await replay.stop()
        #expect(outcome.succeeded, "\(outcome)")
    }

    @Test func `recording a replay with a fault is diagnosed by its rule`() async throws {
        let tape = try FixtureTape("pull-and-push.tape", in: directory)
        let replay = try await Replaying.start(tape.path, ["--fault", "expired-url=azure op:blob.get"], in: directory)
        let recording = try await Recording.start(
            ["--upstream-ca", replay.authority, "--upstream-proxy", "http://\(replay.proxy)"], in: directory)
        let pull = try await skopeo(
            [
                "--src-creds", "any:thing", "docker://\(registry)/app/small:1", "dir:" + directory.entry("image"),
            ], recording.clientEnvironment)
        #expect(!pull.succeeded)
        let findings = try await recording.stopAndFind()
        #expect(findings.first?["rule"]?.string == "signature-expired", "\(findings)")
        _ = try await replay.stop()
    }
}
