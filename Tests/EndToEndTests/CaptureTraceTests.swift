import Foundation
import TapeModel
import TestSupport
import Testing

/// A packet capture where a tape is asked for: it is read as the tape would be that is made of it.
@Suite(.timeLimit(.minutes(3)))
struct CaptureTraceTests {
    private let directory: TemporaryDirectory
    private let keys = RepositoryRoot.path("fixtures/pcaps/http1-tls12.keys")
    /// Where temporary tapes are made: what is left there was not taken away.
    private let temporary: String

    init() throws {
        directory = try TemporaryDirectory()
        temporary = try directory.directory("temporary")
    }

    private func fixture(_ name: String) -> String { RepositoryRoot.path("fixtures/pcaps/" + name) }

    private func regtape(_ arguments: [String]) async throws -> ChildProcess.Outcome {
        try await ChildProcess.run(
            Recording.binary, arguments, environment: ["TMPDIR": temporary, "REGTAPE_HOME": directory.entry("home")],
            within: .seconds(60))
    }

    private func leftBehind() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: temporary) }

    /// What was said, part by part, without what must differ: pseudonyms have a key of their own for each tape.
    private static func said(_ text: String) -> [String] {
        text.replacing(/‹([a-z0-9-]+):[0-9a-f]+›/) { "‹\($0.output.1)›" }
            .split { "\n,{}[]".contains($0) }.map(String.init)
            .filter { !$0.contains("Read from a packet capture") && !$0.contains("\"source\":") }
    }

    @Test(arguments: [
        "http1-plain.pcap", "http1-late.pcap", "http1-holes.pcap", "http1-tls12.pcap", "http2-tls13.pcapng",
        "skopeo.pcapng.gz",
    ])
    func `report and show say what they say of the tape made of it`(capture: String) async throws {
        let tape = directory.entry("t.tape")
        let file = fixture(capture)
        #expect(try await regtape(["capture", "--read", file, "--keylog", keys, "--tape", tape]).succeeded)
        for command in [["report", "--format", "json"], ["show"], ["show", "--json"]] {
            let direct = try await regtape(command + [file, "--keylog", keys])
            let byTape = try await regtape(command + [tape])
            #expect(direct.succeeded && byTape.succeeded, "\(direct)")
            #expect(Self.said(direct.outputText) == Self.said(byTape.outputText), "\(command)")
            #expect((direct.outputText + direct.errorText).contains("Read from a packet capture"))
        }
        #expect(try leftBehind() == [])
    }

    @Test func `show prints an exchange of a capture in full, and names no file that goes away`() async throws {
        let show = try await regtape(["show", fixture("http1-plain.pcap"), "--json"])
        let large = try show.outputText.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
            .first { $0["url"]?.string?.hasSuffix("/large.txt") == true && $0["method"]?.string == "GET" }
        let seq = try #require(large?["seq"]?.int)
        let full = try await regtape(["show", fixture("http1-plain.pcap"), "--seq", String(seq)])
        #expect(full.succeeded && full.outputText.contains("* 40000 octets of content\n"), "\(full)")
        #expect(!full.outputText.contains(temporary))
        #expect(try leftBehind() == [])
    }

    @Test func `TLS that was not opened is told with the way to open it`() async throws {
        let file = fixture("http1-tls12.pcap")
        for command in [["report", file], ["show", file]] {
            let outcome = try await regtape(command)
            let said = outcome.outputText + outcome.errorText
            let flat = said.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(outcome.succeeded && flat.contains("TLS connections were not decrypted"), "\(outcome)")
            #expect(flat.contains("set SSLKEYLOGFILE") && flat.contains("--keylog"), "\(outcome)")
            #expect(command[0] == "show" || flat.contains("not-decrypted"), "\(outcome)")
        }
        let holes = try await regtape(["report", fixture("http1-holes.pcap")])
        #expect(holes.outputText.contains("packets were not seen"), "\(holes)")
    }

    @Test func `a key log for what is no capture is refused, and so is what cannot be read`() async throws {
        let tape = RepositoryRoot.path("fixtures/tapes/authorization-forwarded.tape")
        for command in [
            ["report", tape], ["show", tape], ["replay", tape, "--listen", "127.0.0.1:0"],
            ["export", tape, "--format", "pcapng", "--output", directory.entry("out")],
        ] {
            let outcome = try await regtape(command + ["--keylog", keys])
            #expect(
                outcome.ending == .exited(2) && outcome.errorText.contains("--keylog is for packet captures"),
                "\(outcome)")
        }
        let packed = try directory.file("other", "no capture")
        #expect(try await ChildProcess.run("/bin/sh", ["-c", "gzip '\(packed)'"]).succeeded)
        for command in [
            ["report", packed + ".gz"], ["report", fixture("http1-plain.pcap"), "--keylog", directory.entry("absent")],
            ["verify", fixture("http1-plain.pcap")],
        ] {
            let outcome = try await regtape(command)
            #expect(outcome.ending == .exited(3), "\(outcome)")
            #expect(outcome.errorText.split(separator: "\n").count == 1, "\(outcome)")
        }
        let nowhere = try await ChildProcess.run(
            Recording.binary, ["report", fixture("http1-plain.pcap")],
            environment: ["TMPDIR": directory.entry("absent")])
        #expect(nowhere.ending == .exited(4) && nowhere.errorText.contains("TMPDIR"), "\(nowhere)")
        #expect(try leftBehind() == [])
    }

    @Test func `of a damaged capture what came before is reported, and that it is damaged`() async throws {
        let whole = try Data(contentsOf: URL(filePath: fixture("http1-plain.pcap")))
        let cut = directory.entry("cut.pcap")
        try whole.prefix(whole.count - 10).write(to: URL(filePath: cut))
        let outcome = try await regtape(["report", cut, "--format", "json"])
        #expect(outcome.succeeded && outcome.outputText.contains("the capture is cut off"), "\(outcome)")
        #expect(try leftBehind() == [])
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP])
    func `a signal that comes while a capture is read takes what was made of it away`(number: Int32) async throws {
        // Frames without octets, for minutes: a header and a hole.
        let long = directory.entry("long.pcap")
        try Data(contentsOf: URL(filePath: fixture("http1-plain.pcap"))).write(to: URL(filePath: long))
        let handle = try #require(FileHandle(forWritingAtPath: long))
        try handle.truncate(atOffset: 1 << 35)
        try handle.close()
        let process = try ChildProcess(Recording.binary, ["report", long], environment: ["TMPDIR": temporary])
        // Nothing is printed before the end: the tape's first lines are what shows that it has begun.
        while process.isRunning, try FileManager.default.subpathsOfDirectory(atPath: temporary).count < 2 {
            try await Task.sleep(for: .milliseconds(10))
        }
        process.signal(number)
        let outcome = try await process.finished(within: .seconds(10))
        #expect(outcome.ending == .killed(bySignal: number), "\(outcome)")
        #expect(try leftBehind() == [])
    }

    @Test func `a reader that goes away takes the tape with it`() async throws {
        let script = "TMPDIR='\(temporary)' '\(Recording.binary)' show '\(fixture("skopeo.pcapng.gz"))' | head -n 1"
        let outcome = try await ChildProcess.run("/bin/sh", ["-c", script])
        #expect(outcome.outputText.split(separator: "\n").count == 1, "\(outcome)")
        #expect(try leftBehind() == [])
    }

    @Test func `a capture of plain HTTP is replayed until the replay is ended`() async throws {
        let export = directory.entry("pull.pcapng")
        let tape = RepositoryRoot.path("fixtures/tapes/pull-and-push.tape")
        #expect(try await regtape(["export", tape, "--format", "pcapng", "--output", export]).succeeded)
        let replay = try await Replaying.start(export, in: directory)
        // That of the replay is in the directory of the test.
        #expect(try directory.entries().contains { $0.hasPrefix("regtape-capture.") })
        let manifest = directory.entry("manifest")
        let curl = try await replay.curl([
            "-H", "Authorization: Bearer any", "-H", "Accept: " + FixtureTape.manifestType, "-o", manifest, "-w",
            "%{http_code}", "http://\(replay.origin)/v2/app/small/manifests/1",
        ])
        #expect(curl.outputText == "200", "\(curl)")
        #expect(try await FixtureTape.sha256(manifest) == FixtureTape.manifest)
        let ended = try await replay.stop()
        #expect(ended.succeeded && ended.errorText.contains("1 matched"), "\(ended)")
        #expect(try !directory.entries().contains { $0.hasPrefix("regtape-capture.") })
    }
}

extension TemporaryDirectory {
    fileprivate func entries() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path) }
}
