import Foundation
import TapeModel
import TestSupport
import Testing

/// Record, replay with a fault, record the replay, diagnose: each fault is seen by a real client as that fault, and the report
/// of what was recorded names it.
@Suite(.timeLimit(.minutes(5)))
struct FaultRoundTripTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// A fault, what skopeo says of it (nothing where it overcomes it), and the rule that explains it.
    struct Row: Sendable, CustomTestStringConvertible {
        let fault: String
        var words: String?
        var rule: String?

        var testDescription: String { fault }
    }

    static let rows = [
        Row(fault: "delay=300ms op:blob.get"),
        Row(fault: "bandwidth=40K op:storage.get"),
        Row(fault: "cut=1000 op:storage.get", words: "unexpected EOF", rule: "download-cut"),
        Row(fault: "flip=100 op:storage.get", words: "Digest did not match", rule: "blob-digest-mismatch"),
        Row(fault: "wrong-digest op:manifest.get", rule: "manifest-digest-mismatch"),
        Row(fault: "reset op:storage.get", words: "EOF", rule: "connection-reset"),
        Row(fault: "status=503 op:storage.get", words: "503", rule: "registry-failure"),
        Row(fault: "status=403,DENIED op:manifest.get", words: "denied", rule: "access-not-granted"),
        Row(fault: "429=1 op:manifest.get", words: "toomanyrequests", rule: "request-throttled"),
        Row(fault: "expired-token@2+ op:blob.get", words: "unauthorized", rule: "token-rejected"),
        Row(fault: "expired-url=azure op:blob.get", words: "403", rule: "signature-expired"),
        Row(fault: "expired-url=s3 op:blob.get", words: "403", rule: "signature-expired"),
        Row(fault: "expired-url=gcs op:blob.get", words: "400", rule: "signing-session-expired"),
        Row(fault: "wrong-scheme op:blob.get", words: "http://blobs", rule: "redirect-to-internal-host"),
    ]

    @Test(arguments: rows)
    func `a fault is what a client sees and what a report of it says`(row: Row) async throws {
        let tape = try FixtureTape("pull-and-push.tape", in: directory)
        let replay = try await Replaying.start(tape.path, ["--fault", row.fault], in: directory)
        let recording = try await Recording.start(
            ["--upstream-ca", replay.authority, "--upstream-proxy", "http://\(replay.proxy)"], in: directory)
        let pull = try await ChildProcess.run(
            try Program("skopeo").required(),
            [
                "copy", "--quiet", "--src-creds", "any:thing", "docker://registry.regtape.test:6443/app/small:1",
                "dir:" + directory.entry("image"),
            ], environment: recording.clientEnvironment, within: .seconds(60))
        if let words = row.words {
            #expect(!pull.succeeded && pull.errorText.contains(words), "\(pull)")
        } else {
            #expect(pull.succeeded, "\(pull)")
        }
        let findings = try await recording.stopAndFind()
        #expect(findings.first?["rule"]?.string == row.rule, "\(findings)")
        let waits = try recording.exchanges().map(\.timing)
        if row.fault.hasPrefix("delay") { #expect(waits.contains { $0.wait >= 300_000 }, "\(waits)") }
        if row.fault.hasPrefix("bandwidth") { #expect(waits.contains { $0.receive >= 500_000 }, "\(waits)") }
        _ = try await replay.stop()
    }

    @Test func `no answer lasts until the client gives up, and is told as that`() async throws {
        let tape = try FixtureTape("pull-and-push.tape", in: directory)
        let replay = try await Replaying.start(tape.path, ["--fault", "silence op:storage.get"], in: directory)
        let recording = try await Recording.start(
            ["--upstream-ca", replay.authority, "--upstream-proxy", "http://\(replay.proxy)"], in: directory)
        let curl = try await recording.curl([
            "-L", "--max-time", "2", "--cacert", recording.authority, "-H", "Authorization: Bearer any",
            "https://registry.regtape.test:6443/v2/app/small/blobs/\(FixtureTape.layer)",
        ])
        #expect(curl.ending == .exited(28), "\(curl)")
        let findings = try await recording.stopAndFind()
        #expect(try recording.exchanges().contains { $0.response == nil && $0.timing.wait >= 1_000_000 })
        #expect(findings.first?["rule"]?.string == "no-answer", "\(findings)")
        #expect(findings.first?["title"]?.string?.contains(" gave up") == true, "\(findings)")
        _ = try await replay.stop()
    }
}
