import Foundation
import Glibc
import TapeModel
import TapeStore
import TestSupport
import Testing

// Within the serialised suite, because only one client at a time may be on the lab's ports.
extension RecordingTests {
    /// Packets of a device while they pass.
    @Suite(.enabled(if: LiveCapturing.isPermitted))
    struct LiveCaptureTests {
        private let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        @Test func `skopeo pulls and pushes 88 MB before the proxy and a live capture`() async throws {
            let lab = try await Lab.running()
            let layout = try await lab.freshImage("large", in: directory)
            let keys = directory.entry("keys")
            let ports = [lab.registry, lab.blobs, lab.tokens].compactMap { $0.split(separator: ":").last }
            let filter = ports.map { "tcp port \($0)" }.joined(separator: " or ")
            // The log is not there yet: the recorder makes it.
            let capturing = try await LiveCapturing.start(
                ["--filter", filter, "--keylog", keys, "--keep-secrets"], in: directory)
            let recording = try await Recording.start(
                ["--upstream-ca", lab.authority, "--keep-secrets"], in: directory, environment: ["SSLKEYLOGFILE": keys])
            let name = "app/live-\(recording.port):1"
            for arguments in [
                [
                    "--src-creds", lab.credentials, "docker://\(lab.registry)/app/large:1",
                    "dir:\(directory.entry("image"))",
                ],
                ["--dest-creds", lab.credentials, "oci:\(layout)", "docker://\(lab.registry)/\(name)"],
            ] {
                let outcome = try await ChildProcess.run(
                    try Program("skopeo").required(), ["copy", "--quiet"] + arguments,
                    environment: recording.clientEnvironment, within: .seconds(120))
                #expect(outcome.succeeded, "\(outcome)")
            }
            let recorded = try await recording.stop()
            #expect(recorded.succeeded, "\(recorded)")
            let captured = try await capturing.finish()
            #expect(captured.errorText.contains("waiting for the key log"))
            #expect(captured.errorText.contains("none dropped"), "\(captured)")
            #expect(try Recording.gaps(of: capturing.tape).isEmpty)
            try WitnessComparison.expectSame(recording.tape, capturing.tape)
        }

        /// Asked of the kernel, because not every one has such devices.
        private static func makesDevices() async throws -> Bool {
            guard let ip = Program("ip").path else { return true }
            let name = "rt\(getpid())p"
            let made = try await ChildProcess.run(
                ip, ["link", "add", name, "type", "veth", "peer", "name", name + "q"])
            guard made.succeeded else { return false }
            return try await ChildProcess.run(ip, ["link", "del", name]).succeeded
        }

        @Test(.enabled("the kernel has no veth devices") { try await makesDevices() })
        func `a device that goes away ends the capture with one sentence and a whole tape`() async throws {
            let ip = try Program("ip").required()
            let (device, peer) = ("rt\(getpid())a", "rt\(getpid())b")
            let made = try await ChildProcess.run(ip, ["link", "add", device, "type", "veth", "peer", "name", peer])
            try #require(made.succeeded, "\(made)")
            let raised = try await ChildProcess.run(ip, ["link", "set", device, "up"])
            try #require(raised.succeeded, "\(raised)")
            let capturing = try await LiveCapturing.start(on: device, in: directory)
            let taken = try await ChildProcess.run(ip, ["link", "del", device])
            try #require(taken.succeeded, "\(taken)")
            let outcome = try await capturing.process.finished(within: .seconds(60))
            #expect(outcome.ending == .exited(4), "\(outcome)")
            let sentences = outcome.errorText.split(separator: "\n").filter { $0.contains("gives no more packets") }
            #expect(sentences.count == 1 && sentences.first?.contains(device) == true, "\(outcome)")
            let verification = try TapeVerifier.verify(directory: capturing.tape)
            #expect(verification.isGood && verification.isEnded && !verification.isTailCut, "\(verification)")
            #expect(try Recording.reasons(of: capturing.tape).last?.contains("gives no more packets") == true)
        }

        @Test func `secrets that come late open a connection that is still there`() async throws {
            let origin = try await Origin.start("location / { return 200 'late but well'; }", in: directory)
            let (secrets, keys) = (directory.entry("secrets"), directory.entry("keys"))
            let ports = [origin.secure, origin.plain].compactMap { $0.split(separator: ":").last }
            let capturing = try await LiveCapturing.start(
                ["--filter", ports.map { "tcp port \($0)" }.joined(separator: " or "), "--keylog", keys], in: directory)
            // It stays connected until its input ends, which is when it is killed.
            let held = directory.entry("held")
            try #require(mkfifo(held, 0o600) == 0)
            let client = try ChildProcess(
                "/bin/bash",
                [
                    "-c",
                    "{ printf 'GET /late HTTP/1.1\\r\\nHost: \(origin.secure)\\r\\n\\r\\n'; cat '\(held)'; } | "
                        + "openssl s_client -quiet -no_ign_eof -keylogfile '\(secrets)' -connect '\(origin.secure)'",
                ])
            _ = try await client.line(containing: "HTTP/1.1 200", on: .standardOutput)
            // When this is told, all packets before it were looked at.
            try await fetch(origin.plain + "/after")
            _ = try await capturing.process.line(containing: "/after")
            try FileManager.default.copyItem(atPath: secrets, toPath: keys)
            _ = try await capturing.process.line(containing: "/late")
            let end = try FileHandle(forWritingTo: URL(filePath: held))
            try end.close()
            _ = try await client.finished()
            _ = try await capturing.finish()
            try await origin.stop()
            let exchanges = try Recording.exchanges(of: capturing.tape)
            #expect(exchanges.map(\.request.head.url).map { $0.hasSuffix("/late") } == [false, true])
            #expect(exchanges.map(\.response?.body.text) == ["late but well", "late but well"])
        }

        @Test func `what goes over loopback is counted once on the device of all`() async throws {
            let origin = try await Origin.start("location / { return 200 'once'; }", in: directory)
            let port = origin.plain.split(separator: ":").last ?? ""
            let capturing = try await LiveCapturing.start(
                on: "any", ["--filter", "tcp port \(port)"], in: directory)
            try await fetch("https://" + origin.secure, ["-k"])
            try await fetch(origin.plain)
            _ = try await capturing.finish()
            try await origin.stop()
            #expect(try Recording.exchanges(of: capturing.tape).map(\.response?.body.text) == ["once"])
            // The other port is not in the filter.
            #expect(try Recording.connections(of: capturing.tape).map(\.authority) == ["127.0.0.1:\(port)"])
            let packets = try #require(try Recording.connectionEnds(of: capturing.tape).first?.packets)
            #expect(packets.client.segments == 1 && packets.client.retransmitted == 0, "\(packets)")
            #expect(packets.server.retransmitted == 0, "\(packets)")
        }

        @Test func `packets that the kernel had no room for are told`() async throws {
            let layer = directory.entry("layer")
            try Data(count: 24 << 20).write(to: URL(filePath: layer))
            let origin = try await Origin.start("location / {}", root: directory.path, in: directory)
            let port = origin.plain.split(separator: ":").last ?? ""
            let capturing = try await LiveCapturing.start(
                ["--filter", "tcp port \(port)", "--buffer", "1"], in: directory)
            // Nobody empties the buffer meanwhile.
            capturing.process.signal(SIGSTOP)
            try await fetch(origin.plain + "/layer")
            capturing.process.signal(SIGCONT)
            let outcome = try await capturing.finish()
            try await origin.stop()
            #expect(outcome.errorText.contains("dropped by the kernel"), "\(outcome)")
            #expect(outcome.errorText.contains("missing from the tape"), "\(outcome)")
            let gaps = try Recording.gaps(of: capturing.tape)
            #expect(gaps.first?.reason.contains("packets") == true, "\(gaps)")
            let exchange = try #require(try Recording.exchanges(of: capturing.tape).first)
            #expect(exchange.error != nil || exchange.response == nil)
        }

        @Test(.enabled(if: Program.isRoot), arguments: [["--user", "nobody"], []])
        func `root hands over before the first packet is read`(arguments: [String]) async throws {
            let origin = try await Origin.start("location / { return 200 'seen'; }", in: directory)
            let port = origin.plain.split(separator: ":").last ?? ""
            let nobody = try #require(getpwnam("nobody")).pointee.pw_uid
            let capturing = try await LiveCapturing.start(
                ["--filter", "tcp port \(port)"] + arguments, in: directory,
                environment: arguments.isEmpty ? ["SUDO_UID": "\(nobody)", "SUDO_GID": "\(nobody)"] : [:])
            let tasks = "/proc/\(capturing.process.pid)/task"
            for task in try FileManager.default.contentsOfDirectory(atPath: tasks) {
                let status = try String(contentsOfFile: "\(tasks)/\(task)/status", encoding: .utf8)
                #expect(LiveCapturing.field(in: status, "Uid") == Array(repeating: "\(nobody)", count: 4))
                #expect(!LiveCapturing.field(in: status, "Gid").contains("0"))
                #expect(!LiveCapturing.field(in: status, "Groups").contains("0"))
                for set in ["CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb"] {
                    #expect(LiveCapturing.capabilities(in: status, set) == 0, "\(set) of \(task): \(status)")
                }
                #expect(LiveCapturing.field(in: status, "NoNewPrivs") == ["1"])
            }
            try await fetch(origin.plain)
            let outcome = try await capturing.finish()
            try await origin.stop()
            #expect(outcome.errorText.contains("capturing on lo as nobody"), "\(outcome)")
            #expect(try Recording.exchanges(of: capturing.tape).count == 1)
            for name in try FileManager.default.subpathsOfDirectory(atPath: capturing.tape) + ["."] {
                let facts = try FileManager.default.attributesOfItem(atPath: capturing.tape + "/" + name)
                #expect((facts[.ownerAccountID] as? NSNumber)?.uint32Value == nobody, "\(name)")
            }
        }

        @Test(.enabled(if: Program.isRoot))
        func `a root that knows nobody to hand over to keeps no capability`() async throws {
            let capturing = try await LiveCapturing.start(in: directory)
            let status = try String(contentsOfFile: "/proc/\(capturing.process.pid)/status", encoding: .utf8)
            #expect(LiveCapturing.capabilities(in: status, "CapEff") == 0 && status.contains("NoNewPrivs:\t1"))
            let outcome = try await capturing.finish()
            #expect(outcome.errorText.contains("as root without its capabilities"), "\(outcome)")
        }

        @Test func `a filter or a device that is none is refused and leaves no tape`() async throws {
            for (arguments, status, words) in [
                (["-i", "lo", "--filter", "tcp prot 443"], 2, ["tcp prot 443", "syntax error"]),
                (["-i", "nosuch0"], 4, ["nosuch0", "any", "lo"]),
                (["-i", "lo", "--user", "no-such-user"], 4, ["no-such-user"]),
            ] as [([String], Int32, [String])] {
                let outcome = try await ChildProcess.run(
                    Recording.binary, ["capture", "--tape", directory.entry("t.tape")] + arguments,
                    within: .seconds(20))
                #expect(outcome.ending == .exited(status), "\(arguments): \(outcome)")
                for word in words { #expect(outcome.errorText.contains(word), "\(outcome)") }
                #expect(outcome.errorText.split(separator: "\n").count == 1, "\(outcome)")
                #expect(!FileManager.default.fileExists(atPath: directory.entry("t.tape")), "\(arguments)")
            }
        }

        private func fetch(_ place: String, _ options: [String] = []) async throws {
            let outcome = try await ChildProcess.run(
                try Program("curl").required(), options + ["-sS", "--noproxy", "*", "-o", "/dev/null", place],
                within: .seconds(60))
            #expect(outcome.succeeded, "\(outcome)")
        }
    }
}

/// What one hears who may not capture.
struct CapturePermissionTests {
    @Test(.enabled(if: Program.isRoot), arguments: [["--reuid=65534", "--regid=65534", "--clear-groups"], []])
    func `without the capability the refusal names it and what to do`(user: [String]) async throws {
        let directory = try TemporaryDirectory()
        chmod(directory.path, 0o777)
        // Whoever is nobody may not enter the directories above the program.
        // Copied by another process: a child of a test at the same time must not have it open, or it is busy.
        let copy = try await ChildProcess.run("/bin/cp", [Recording.binary, directory.entry("regtape")])
        try #require(copy.succeeded, "\(copy)")
        let outcome = try await ChildProcess.run(
            try Program("setpriv").required(),
            user + ["--bounding-set=-net_raw", "--inh-caps=-net_raw"]
                + ["./regtape", "capture", "-i", "lo", "--tape", "t"],
            directory: directory.path, within: .seconds(20))
        #expect(outcome.ending == .exited(4), "\(outcome)")
        #expect(outcome.errorText.contains("CAP_NET_RAW"), "\(outcome)")
        #expect(outcome.errorText.contains(user.isEmpty ? "--cap-add" : "setcap"), "\(outcome)")
        #expect(!FileManager.default.fileExists(atPath: directory.entry("t")))
    }
}
