import Foundation
import TapeModel
import TapeStore
import TestSupport
import Testing

/// Plants secrets of 27 kinds, sent and answered, and greps everything that regtape leaves behind (RELIABILITY.md P2).
@Suite(.timeLimit(.minutes(5)))
struct CanaryTests {
    enum Way: String, CaseIterable {
        case interceptedHTTP1, interceptedHTTP2, plain, reverse, run, chained

        var isEndToEnd: Bool { self != .chained }
    }

    private let directory: TemporaryDirectory
    private let canaries = Canaries()

    init() throws { directory = try TemporaryDirectory() }

    @Test(arguments: Way.allCases)
    func `no secret is left behind`(way: Way) async throws {
        let outputs = try await outputs(of: way, ["--durability", "strict"])
        #expect(outputs.count > 20, "\(outputs.keys.sorted())")
        let versions = try Set(Recording.exchanges(of: directory.entry("test.tape")).map(\.request.head.version))
        let isHTTP2Spoken = [.interceptedHTTP2, .run, .chained].contains(way)
        #expect(versions.contains("HTTP/2") == isHTTP2Spoken && versions.contains("HTTP/1.1"), "\(way): \(versions)")
        for kind in canaries.values.keys.sorted() {
            for form in canaries.forms(of: kind) {
                let places = outputs.filter { $0.value.range(of: Data(form.utf8)) != nil }.keys.sorted()
                #expect(places.isEmpty, "\(way): \(kind) as \(form) in \(places)")
            }
        }
    }

    /// Shows as well that every canary did cross the recorder, so that the test above has something to find.
    @Test(arguments: Way.allCases.filter { $0.isEndToEnd })
    func `with --keep-secrets all are on the tape, which says so, and the terminal warns`(way: Way) async throws {
        let outputs = try await outputs(of: way, ["--keep-secrets"])
        let header = try #require(outputs["tape.jsonl"]?.split(separator: 0x0A).first)
        let record = try JSONValue(parsing: String(decoding: header, as: UTF8.self))
        #expect(record["redaction"]?["policy"]?.string == "none")
        let terminal = String(decoding: outputs["terminal"] ?? Data(), as: UTF8.self)
        #expect(terminal.contains("WARNING: --keep-secrets"))
        let tape = outputs.filter { $0.key.hasPrefix("tape.jsonl") || $0.key.hasPrefix("bodies/") }.values
        var unseen: Set<String> = ["proxyAuth", "upstream"]
        // Where the proxy is a party to the message, it refuses a malformed one before it is an exchange.
        if way == .plain || way == .reverse { unseen.insert("malformed") }
        for kind in canaries.values.keys.sorted() where !unseen.contains(kind) {
            let isThere = canaries.forms(of: kind).contains { form in
                tape.contains { $0.range(of: Data(form.utf8)) != nil }
            }
            #expect(isThere, "\(way): \(kind)")
        }
    }

    /// Everything that regtape writes or says about one recording of all canaries, by name.
    private func outputs(of way: Way, _ options: [String]) async throws -> [String: Data] {
        let origin = try await Origin.start(canaries.locations, in: directory)
        var outputs =
            way == .run
            ? try await ranOutputs(origin, options) : try await recordedOutputs(of: way, origin, options)
        try await origin.stop()
        let tape = directory.entry("test.tape")
        for file in try TapeFile.all(of: tape) { outputs[file.name] = file.content }
        var commands = [["show", tape], ["show", tape, "--json"], ["verify", tape]]
        for exchange in try Recording.exchanges(of: tape) {
            commands.append(["show", tape, "--seq", "\(exchange.seq)"])
        }
        for command in commands {
            let outcome = try await ChildProcess.run(Recording.binary, command)
            #expect(outcome.succeeded, "\(outcome)")
            outputs[command.joined(separator: " ")] = Data(outcome.output + outcome.error)
        }
        return outputs
    }

    private func recordedOutputs(of way: Way, _ origin: Origin, _ options: [String]) async throws -> [String: Data] {
        let lab = try await Lab.running()
        var arguments = options
        var second: Recording?
        switch way {
        case .reverse: arguments += ["--reverse", "https://\(origin.secure)", "--upstream-ca", lab.authority]
        case .chained:
            let others = try directory.file("others", "alice:\(canaries["upstream"])\n")
            let next = try await Recording.start(
                ["--upstream-ca", lab.authority, "--proxy-auth", others], in: directory, named: "second")
            arguments += ["--upstream-proxy", "http://127.0.0.1:\(next.port)", "--upstream-proxy-auth", others]
            // To the first, every origin has a certificate of the second.
            arguments += ["--upstream-ca", next.authority]
            second = next
        default:
            let users = try directory.file("users", "alice:\(canaries["proxyAuth"])\n")
            arguments += ["--proxy-auth", users, "--upstream-ca", lab.authority]
        }
        let recording = try await Recording.start(arguments, in: directory)
        let configuration = try directory.file("curl.conf", requests(way, origin, recording))
        let curl = try await ChildProcess.run(try Program("curl").required(), ["-K", configuration])
        #expect(curl.succeeded, "\(curl)")
        var outputs: [String: Data] = [:]
        outputs["process list"] = try Data(contentsOf: URL(filePath: "/proc/\(recording.process.pid)/cmdline"))
        let outcome = try await recording.stop()
        #expect(outcome.succeeded, "\(outcome)")
        outputs["terminal"] = Data(outcome.output + outcome.error)
        if let second {
            let outcome = try await second.stop()
            #expect(try second.exchanges().count == recording.exchanges().count)
            outputs["second terminal"] = Data(outcome.output + outcome.error)
            for file in try TapeFile.all(of: second.tape) { outputs["second " + file.name] = file.content }
        }
        return outputs
    }

    private func ranOutputs(_ origin: Origin, _ options: [String]) async throws -> [String: Data] {
        let lab = try await Lab.running()
        let configuration = try directory.file(
            "curl.conf", canaries.requests(to: "https://\(origin.secure)", common: ""))
        let outcome = try await ChildProcess.run(
            Recording.binary,
            ["run", "--tape", directory.entry("test.tape"), "--upstream-ca", lab.authority] + options
                + ["--", "curl", "-K", configuration],
            environment: ["REGTAPE_HOME": directory.entry("home")])
        #expect(outcome.succeeded, "\(outcome)")
        return ["terminal": Data(outcome.output + outcome.error)]
    }

    private func requests(_ way: Way, _ origin: Origin, _ recording: Recording) -> String {
        let proxy = "proxy = \"http://127.0.0.1:\(recording.port)\"\nnoproxy = \"\""
        let user = "proxy-user = \"alice:\(canaries["proxyAuth"])\""
        let trust = "cacert = \"\(recording.authority)\""
        return switch way {
        case .interceptedHTTP1:
            canaries.requests(
                to: "https://\(origin.secure)", common: [proxy, user, trust, "http1.1"].joined(separator: "\n"))
        case .interceptedHTTP2, .run:
            canaries.requests(to: "https://\(origin.secure)", common: [proxy, user, trust].joined(separator: "\n"))
        case .plain:
            canaries.requests(to: "http://\(origin.plain)", common: [proxy, user].joined(separator: "\n"))
        case .reverse: canaries.requests(to: "http://127.0.0.1:\(recording.port)", common: "noproxy = \"*\"")
        case .chained:
            canaries.requests(to: "https://\(origin.secure)", common: [proxy, trust].joined(separator: "\n"))
        }
    }
}
