import Foundation
import TapeModel
import TestSupport
import Testing

/// A replay of the release binary, started for one test, with both doors.
struct Replaying {
    let process: ChildProcess
    /// Address of the registry, as `127.0.0.1:1234`.
    let origin: String
    /// Address of the proxy.
    let proxy: String
    /// The CA whose leaves it shows.
    let authority: String

    static func start(
        _ tape: String, _ arguments: [String] = [], in directory: TemporaryDirectory, home: String? = nil,
        environment: [String: String?] = [:]
    ) async throws -> Replaying {
        let home = home ?? directory.entry("replay-home")
        let process = try ChildProcess(
            Recording.binary, ["replay", tape, "--listen", "127.0.0.1:0", "--proxy", "127.0.0.1:0"] + arguments,
            environment: environment.merging(["REGTAPE_HOME": home, "TMPDIR": directory.path]) { $1 })
        let addresses = try await ["regtape: listening on", "proxy listening on"].asyncMap { text in
            let line = try await process.line(containing: text)
            return line.split(separator: " ").first { $0.hasPrefix("127.0.0.1:") }.map(String.init) ?? ""
        }
        return Replaying(
            process: process, origin: addresses[0], proxy: addresses[1], authority: home + "/ca/ca.crt")
    }

    /// What a client of the proxy needs in its environment.
    var clientEnvironment: [String: String?] {
        ["HTTPS_PROXY": "http://\(proxy)", "SSL_CERT_FILE": authority, "NO_PROXY": nil, "no_proxy": nil]
    }

    func curl(_ arguments: [String], throughProxy: Bool = false) async throws -> ChildProcess.Outcome {
        let door =
            throughProxy ? ["--noproxy", "", "-x", "http://\(proxy)", "--cacert", authority] : ["--noproxy", "*"]
        return try await ChildProcess.run(
            try Program("curl").required(), ["-sS"] + door + arguments, within: .seconds(30))
    }

    /// What `GET /_regtape/status` tells.
    func status() async throws -> JSONValue {
        try JSONValue(parsing: try await curl(["http://\(origin)/_regtape/status"]).outputText)
    }

    /// Ends the replay in order and gives what it printed.
    func stop() async throws -> ChildProcess.Outcome {
        process.signal(SIGTERM)
        return try await process.finished(within: .seconds(30))
    }
}

extension Sequence where Element: Sendable {
    fileprivate func asyncMap<Value>(_ change: (Element) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await change(element)) }
        return values
    }
}

/// A tape of `fixtures/tapes`, copied so that a test may damage it.
struct FixtureTape {
    static let manifestType = "application/vnd.oci.image.manifest.v1+json"
    /// The layer of `app/small:1`, 40,291 octets.
    static let layer = "sha256:0f403cfc156d75732147789cf8a23d720f0d04592dccaab9b61bc50b6a7a02b6"

    /// The manifest of `app/small:1`.
    static let manifest = "sha256:e6794ea7c36398a6306ac1abf7fedca5f21cce6b2368104e09dd7e907ac93312"

    let path: String

    init(_ name: String, in directory: TemporaryDirectory) throws {
        path = directory.entry(name)
        try FileManager.default.copyItem(atPath: RepositoryRoot.path("fixtures/tapes/" + name), toPath: path)
    }

    /// A tape on which nothing was recorded.
    static func empty(in directory: TemporaryDirectory) throws -> String {
        let path = directory.entry("empty.tape")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let header = TapeHeader(
            id: "0123", created: Instant(microseconds: 0), tool: "regtape/test", redactionPolicy: "standard",
            redactionKey: "k")
        let line = TapeLine(seq: 1, record: .tape(header)).encoded + [0x0A]
        try Data(line).write(to: URL(filePath: path + "/tape.jsonl"))
        return path
    }

    func body(_ digest: String) -> String { path + "/bodies/sha256/" + digest.dropFirst("sha256:".count) }

    static func sha256(_ path: String) async throws -> String {
        let outcome = try await ChildProcess.run(try Program("sha256sum").required(), [path])
        return "sha256:" + outcome.outputText.prefix(64)
    }
}
