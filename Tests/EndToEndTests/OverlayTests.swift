import Foundation
import TapeModel
import TestSupport
import Testing

/// What is pushed to a replay with `--overlay` is there in the next one, however the first one ended.
@Suite(.timeLimit(.minutes(5)))
struct OverlayTests {
    private static let type = "application/vnd.oci.image.manifest.v1+json"
    private let directory: TemporaryDirectory
    private var overlay: String { directory.entry("overlay") }
    private var journal: String { overlay + "/changes.jsonl" }

    init() throws { directory = try TemporaryDirectory() }

    private func start(_ tape: String? = nil, _ arguments: [String] = []) async throws -> Replaying {
        try await Replaying.start(
            tape ?? FixtureTape.empty(in: directory), ["--overlay", overlay] + arguments, in: directory)
    }

    private func skopeo(_ arguments: [String]) async throws {
        let outcome = try await ChildProcess.run(
            try Program("skopeo").required(),
            ["copy", "--quiet", "--src-tls-verify=false", "--dest-tls-verify=false"] + arguments,
            environment: ["HTTPS_PROXY": nil, "HTTP_PROXY": nil], within: .seconds(60))
        #expect(outcome.succeeded, "\(outcome)")
    }

    /// The status of a request, and what came with it.
    private func ask(
        _ replay: Replaying, _ path: String, _ arguments: [String] = []
    ) async throws -> (status: String, text: String, location: String) {
        let url = path.hasPrefix("http") ? path : "http://\(replay.origin)\(path)"
        let curl = try await replay.curl(arguments + ["-w", "\n%{http_code}\n%header{location}", url])
        var lines = curl.outputText.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let location = lines.popLast() ?? ""
        let status = lines.popLast() ?? ""
        return (status, lines.joined(separator: "\n"), location)
    }

    private func tags(_ replay: Replaying, _ repository: String) async throws -> [String] {
        let answer = try await ask(replay, "/v2/\(repository)/tags/list", ["-H", "Authorization: Bearer any"])
        return try JSONValue(parsing: answer.text)["tags"]?.array?.compactMap(\.string) ?? []
    }

    /// As docker and containerd push, in pieces.
    private func push(_ replay: Replaying, _ repository: String, _ content: String, pieces: Int) async throws -> String
    {
        let file = try directory.file("content", content)
        let digest = try await FixtureTape.sha256(file)
        var location = try await ask(replay, "/v2/\(repository)/blobs/uploads/", ["-X", "POST"]).location
        let octets = Array(content.utf8)
        let length = (octets.count + pieces - 1) / pieces
        for start in stride(from: 0, to: octets.count, by: length) {
            let piece = try directory.file(
                "piece", String(decoding: octets[start..<min(start + length, octets.count)], as: UTF8.self))
            let answer = try await ask(
                replay, location,
                ["-X", "PATCH", "-H", "Content-Type: application/octet-stream", "--data-binary", "@" + piece])
            #expect(answer.status == "202", "\(answer)")
            location = answer.location
        }
        let mark = location.contains("?") ? "&" : "?"
        let answer = try await ask(replay, "\(location)\(mark)digest=\(digest)", ["-X", "PUT"])
        #expect(answer.status == "201", "\(answer)")
        return digest
    }

    private func put(_ replay: Replaying, _ path: String, _ text: String) async throws {
        let file = try directory.file("manifest", text)
        let answer = try await ask(
            replay, path, ["-X", "PUT", "-H", "Content-Type: \(Self.type)", "--data-binary", "@" + file])
        #expect(answer.status == "201", "\(answer)")
    }

    private func end(_ replay: Replaying, _ signal: Int32) async throws {
        replay.process.signal(signal)
        let outcome = try await replay.process.finished(within: .seconds(30))
        #expect(outcome.ending == (signal == SIGKILL ? .killed(bySignal: SIGKILL) : .exited(0)), "\(outcome)")
    }

    @Test(arguments: [SIGTERM, SIGKILL])
    func `a registry of an empty tape is the same after a restart, on whatever port`(signal: Int32) async throws {
        let source = try await Replaying.start(FixtureTape("pull-and-push.tape", in: directory).path, in: directory)
        let first = try await start()
        for tag in ["kept", "deleted"] {
            try await skopeo([
                "--src-creds", "any:thing", "docker://\(source.origin)/app/small:1",
                "docker://\(first.origin)/new/image:\(tag)",
            ])
        }
        _ = try await source.stop()
        let config = try await push(first, "other", "{}", pieces: 1)
        let layer = try await push(first, "other", String(repeating: "in pieces ", count: 5_000), pieces: 3)
        let text =
            #"{"schemaVersion":2,"mediaType":"\#(Self.type)","config":{"mediaType":"application/vnd.example","digest":"\#(config)","size":2},"layers":[{"mediaType":"a/b","digest":"\#(layer)","size":50000}],"subject":{"mediaType":"a/b","digest":"\#(FixtureTape.manifest)","size":1}}"#
        try await put(first, "/v2/other/manifests/1", text)
        #expect(try await ask(first, "/v2/new/image/manifests/deleted", ["-X", "DELETE"]).status == "202")
        #expect(try await ask(first, "/v2/other/blobs/\(config)", ["-X", "DELETE"]).status == "202")
        try await end(first, signal)

        let second = try await start()
        #expect(second.origin != first.origin)
        for (name, reference) in [("tag", ":kept"), ("digest", "@" + FixtureTape.manifest)] {
            let image = directory.entry(name)
            try await skopeo(["docker://\(second.origin)/new/image\(reference)", "dir:" + image])
            #expect(
                try await FixtureTape.sha256(image + "/" + FixtureTape.layer.dropFirst("sha256:".count))
                    == FixtureTape.layer)
        }
        #expect(try await tags(second, "new/image") == ["kept"])
        #expect(try await ask(second, "/v2/new/image/manifests/deleted").status == "404")
        #expect(try await ask(second, "/v2/other/blobs/\(config)").status == "404")
        #expect(try await ask(second, "/v2/other/manifests/1").text == text)
        let file = directory.entry("layer")
        _ = try await ask(second, "/v2/other/blobs/\(layer)", ["-o", file])
        #expect(try await FixtureTape.sha256(file) == layer)
        let referrers = try await ask(second, "/v2/other/referrers/\(FixtureTape.manifest)").text
        #expect(try JSONValue(parsing: referrers)["manifests"]?.array?.count == 1, "\(referrers)")
        // And it goes on: what is pushed now is there in a third one, beside the rest.
        try await put(second, "/v2/other/manifests/2", #"{"schemaVersion":2}"#)
        try await end(second, SIGTERM)
        let third = try await start()
        #expect(try await tags(third, "other") == ["1", "2"])
        try await end(third, SIGTERM)
    }

    @Test func `over a tape, deletions and tags hold, and starting over takes back this run alone`() async throws {
        let tape = try FixtureTape("pull-and-push.tape", in: directory).path
        let bearer = ["-H", "Authorization: Bearer any"]
        func delete(_ replay: Replaying, _ tag: String) async throws -> String {
            try await ask(replay, "/v2/app/copied/manifests/\(tag)", ["-X", "DELETE"] + bearer).status
        }
        let first = try await start(tape)
        #expect(try await tags(first, "app/copied") == ["1", "2"])
        #expect(try await delete(first, "1") == "202")
        try await end(first, SIGKILL)
        let second = try await start(tape)
        #expect(try await tags(second, "app/copied") == ["2"])
        #expect(try await delete(second, "2") == "202")
        #expect(try await tags(second, "app/copied") == [])
        #expect(try await ask(second, "/_regtape/reset", ["-X", "POST"]).status == "204")
        #expect(try await tags(second, "app/copied") == ["2"])
        try await end(second, SIGKILL)
        let third = try await start(tape)
        #expect(try await tags(third, "app/copied") == ["2"])
        try await end(third, SIGTERM)
    }

    @Test func `an overlay has one replay at a time, and a crash locks nobody out`() async throws {
        let first = try await start()
        let outcome = try await ChildProcess.run(
            Recording.binary,
            [
                "replay", try FixtureTape.empty(in: directory), "--listen", "127.0.0.1:0", "--overlay", overlay,
            ], environment: ["REGTAPE_HOME": directory.entry("replay-home")], within: .seconds(10))
        #expect(outcome.ending == .exited(4), "\(outcome)")
        #expect(outcome.errorText.contains("\(overlay) is in use by another replay"), "\(outcome)")
        try await end(first, SIGKILL)
        try await end(try await start(), SIGTERM)
    }

    @Test func `damage is told, and the rest is there`() async throws {
        let first = try await start()
        for tag in ["1", "2", "3"] { try await put(first, "/v2/app/manifests/\(tag)", #"{"n":\#(tag)}"#) }
        try await end(first, SIGTERM)
        var lines = try String(contentsOfFile: journal, encoding: .utf8).split(separator: "\n").map(String.init)
        try #require(lines.count == 4, "\(lines)")
        for line in lines { #expect(line.wholeMatch(of: /\{"record":.*,"sum":"[0-9a-f]{8}"\}/) != nil, "\(line)") }
        lines[1] = lines[1].replacing(#""tags":["1"]"#, with: #""tags":["9"]"#)
        let torn = #"{"record":"manifest","seq":4,"auth"#
        try (lines.joined(separator: "\n") + "\n" + torn).write(toFile: journal, atomically: false, encoding: .utf8)
        let lost = try #require(lines[3].firstMatch(of: /"sha256":"([0-9a-f]{64})"/)?.output.1)
        try FileManager.default.removeItem(atPath: "\(overlay)/sha256/\(lost)")

        let second = try await start()
        for sentence in [
            "line 2 of the overlay is damaged and is skipped", "the overlay's last line is incomplete",
            "content sha256:\(lost) is missing",
        ] {
            _ = try await second.process.line(containing: sentence)
        }
        #expect(try await tags(second, "app") == ["2"])
        try await put(second, "/v2/app/manifests/4", #"{"n":4}"#)
        try await end(second, SIGTERM)
        // What was torn is gone from the file, so the next line stands whole.
        let third = try await start()
        #expect(try await tags(third, "app") == ["2", "4"])
        let outcome = try await third.stop()
        #expect(!outcome.errorText.contains("incomplete"), "\(outcome)")

        let later = #"{"record":"overlay","seq":0,"version":2}"#
        let sealed = try #require(TapeLine.resealed(Array(later.utf8)))
        try Data(sealed + [0x0A]).write(to: URL(filePath: journal))
        let refused = try await ChildProcess.run(
            Recording.binary,
            ["replay", try FixtureTape.empty(in: directory), "--listen", "127.0.0.1:0", "--overlay", overlay],
            environment: ["REGTAPE_HOME": directory.entry("replay-home")], within: .seconds(10))
        #expect(refused.ending == .exited(3) && refused.errorText.contains("later regtape"), "\(refused)")
        #expect(try Data(contentsOf: URL(filePath: journal)) == Data(sealed + [0x0A]))
    }

    @Test func `nobody else may look into an overlay, whatever the umask is`() async throws {
        let tape = try FixtureTape.empty(in: directory)
        let process = try ChildProcess(
            "/bin/sh",
            [
                "-c", #"umask 000; exec "$0" replay "$1" --listen 127.0.0.1:0 --overlay "$2""#, Recording.binary, tape,
                overlay,
            ],
            environment: ["REGTAPE_HOME": directory.entry("replay-home")])
        let line = try await process.line(containing: "listening on")
        let origin = try #require(line.split(separator: " ").last.map(String.init))
        let replay = Replaying(process: process, origin: origin, proxy: "", authority: "")
        try await put(replay, "/v2/app/manifests/1", "{}")
        let names = try FileManager.default.subpathsOfDirectory(atPath: overlay).map { overlay + "/" + $0 }
        try #require(names.count == 3, "\(names)")
        for path in names + [overlay] {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            let isDirectory = attributes[.type] as? FileAttributeType == .typeDirectory
            #expect(attributes[.posixPermissions] as? Int == (isDirectory ? 0o700 : 0o600), "\(path)")
        }
        try await end(replay, SIGTERM)
    }

    @Test func `a push that cannot be kept is refused, and is not there afterwards`() async throws {
        let replay = try await start()
        // The journal's place in the file system is what it has; a full disk is not needed to show what follows.
        try await put(replay, "/v2/app/manifests/1", "{}")
        try FileManager.default.removeItem(atPath: overlay + "/sha256")
        let file = try directory.file("manifest", #"{"n":2}"#)
        let refused = try await ask(
            replay, "/v2/app/manifests/2",
            ["-X", "PUT", "-H", "Content-Type: \(Self.type)", "--data-binary", "@" + file])
        #expect(refused.status == "500", "\(refused)")
        #expect(try await ask(replay, "/v2/app/manifests/2").status == "404")
        #expect(try await tags(replay, "app") == ["1"])
        try await end(replay, SIGTERM)
    }
}
